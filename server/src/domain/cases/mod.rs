//! Cases: contact requests that are begun, worked on, and archived, with a chat by text while somebody works on them (CASE-1 to
//! CASE-6).
//!
//! A case is a conversation with a row of its own beside it. Where it stands is a column of the conversation, so that whoever
//! writes in it and whoever closes it hold the same row.

mod answer;
mod change;
mod consent;
mod error;
mod hidden;
mod history;
mod list;
mod moves;
mod notify;
mod number;
mod open;
mod open_error;
mod order;
mod read;
mod request;
mod search;
mod target;
mod tell;
mod waiting;

pub use answer::in_portal;
pub(in crate::domain) use answer::{take_turn, words};
pub(in crate::domain) use change::unassign;
pub use change::{assign, change_status, set_number, set_priority};
pub(in crate::domain) use consent::consent_changed;
pub use error::CaseError;
pub(in crate::domain) use hidden::bring_back;
pub use hidden::{hide, take_back};
pub use history::{CaseMove, Moved, histories};
pub use list::{CaseAssignee, CaseFilter, CaseListEntry, count_new_messages, list, list_entry};
pub use moves::{conversation_status, may_move};
pub(in crate::domain) use notify::assigned_among;
pub(in crate::domain) use number::{Asked, CaseOfNumber, OfNumber, of_number, of_patient};
pub use open::{Opened, create, open};
pub use open_error::OpenError;
pub use order::{CaseOrder, CasePlace};
pub use read::{CaseView, brought_by, cases};
pub use request::{MAX_REASON_CHARACTERS, NewContactRequest};
pub(in crate::domain) use waiting::waiting_among;
