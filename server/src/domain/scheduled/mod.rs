//! Messages that leave at a later time, in a conversation or as the beginning of one, and can be cancelled until then (NEW-5).
//!
//! A message waits with its words, its files and those to whom it is addressed. When it is due, all that is asked of a message
//! is asked again; what cannot be sent any more says why, and what somebody has overtaken is held back until it is confirmed. Whatever does not
//! leave is told at once to its author, or to those in their place.

mod beginning;
mod cancel;
mod counting;
mod error;
mod files;
mod forget;
mod guard;
mod leave;
mod outcome;
mod read;
mod release;
mod request;
mod retry;
mod schedule;
mod stopped;
mod told;
mod when;
mod words;

pub use beginning::schedule_beginning;
pub use cancel::cancel;
pub use error::ScheduleError;
pub use files::{ScheduledFile, files_of};
pub use forget::{WORDS_KEPT, forget_words};
pub use leave::leave;
pub use read::{Place, open, page, recipients_of};
pub use release::release;
pub use schedule::{Scheduled, schedule};
pub(in crate::domain) use stopped::stopped_among;
pub use stopped::{StoppedCursor, stopped};
pub(in crate::domain) use told::tell_again;
pub use when::When;

/// The most messages that wait in one conversation, and the most conversations that wait to be begun with one patient.
pub const MAX_WAITING: i64 = 100;
