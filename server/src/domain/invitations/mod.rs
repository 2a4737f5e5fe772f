//! Into the portal: the clinic invites, the patient agrees to a versioned wording, and both is kept (PEO-8).

mod accept;
mod built_in;
mod consent;
mod invite;
mod publish;
mod wording;

pub use accept::{AcceptError, Acceptance, Offer, accept, offer};
pub use consent::consents_of;
pub use invite::{INVITATION_LIFETIME, InviteError, invite};
pub use publish::{MAX_CONSENT_CHARACTERS, PublishError, publish_wording};
pub use wording::{ConsentText, ConsentWording, wordings};
