//! Cases: contact requests that are begun, worked on, and archived, with a chat by text while somebody works on them (CASE-1 to
//! CASE-6).
//!
//! A case is a conversation with a row of its own beside it. Where it stands is a column of the conversation, so that whoever
//! writes in it and whoever closes it hold the same row.

mod change;
mod error;
mod hidden;
mod history;
mod list;
mod moves;
mod open;
mod open_error;
mod read;
mod request;
mod search;
mod tell;

pub use change::{assign, change_status, set_priority};
pub use error::CaseError;
pub(in crate::domain) use hidden::bring_back;
pub use hidden::{hide, take_back};
pub use history::{CaseMove, Moved, histories};
pub use list::{CaseAssignee, CaseFilter, CaseListEntry, list, list_entry};
pub use moves::{conversation_status, may_move};
pub use open::{Opened, create, open};
pub use open_error::OpenError;
pub use read::{CaseView, cases};
pub use request::{MAX_REASON_CHARACTERS, NewContactRequest};
