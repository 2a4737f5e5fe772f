//! Messages that leave at a later time, and can be cancelled until then (NEW-5).

mod cancel;
mod error;
mod leave;
mod read;
mod schedule;
mod words;

pub use cancel::cancel;
pub use error::ScheduleError;
pub use leave::leave;
pub use read::{open, page};
pub use schedule::{Scheduled, When, schedule};

/// The most messages that wait in one conversation.
pub const MAX_WAITING: u64 = 100;
