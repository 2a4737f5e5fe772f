//! Texting with patients: what texts mean (TXT-1 to TXT-7). How they travel is told in [`texts`](super::texts).

mod alert;
pub mod birth_date_answer;
mod blocks;
mod by_gateway;
mod by_staff;
mod consent;
mod enrolment;
pub mod inbound;
pub mod keywords;
pub(in crate::domain) mod leaving;
pub mod machine;
mod number_change;
pub(in crate::domain) mod pictures;
mod spelling;
mod status;
mod sweep;
pub(in crate::domain) mod whose;
mod wording;

pub(in crate::domain) use by_gateway::stopped_at_gateway;
pub use by_staff::{TextingError, enable, opt_out, resend, restart};
pub use consent::ledger;
pub(in crate::domain) use number_change::number_changed;
pub(in crate::domain) use status::obstacles;
pub use status::{Obstacle, Standing, standings};
pub use sweep::sweep;
pub use wording::invitation;
