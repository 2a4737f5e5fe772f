//! Into the portal: the clinic invites, the patient agrees to a versioned wording, and both is kept (PEO-8).

mod accept;
mod built_in;
mod consent;
mod invite;
mod wording;

pub use accept::{AcceptError, Acceptance, Offer, accept, offer};
pub use consent::consents_of;
pub use invite::{INVITATION_LIFETIME, InviteError, invite};
pub use wording::{
    ConsentText, ConsentWording, MAX_CONSENT_CHARACTERS, PublishError, publish_wording, wordings,
};
