//! Reminders: an approved message template, sent to one or many patients at once (ANN-1 to ANN-7).
//!
//! Sending freezes who gets it and answers; a worker lets the messages leave in small transactions, each of which moves the
//! reminder's counters too. So a reminder that is interrupted anywhere goes on where it was, and nobody gets it twice. Each
//! message stands in the patient's one conversation of announcements, which comes with the first.

mod audience;
mod batch;
mod cancel;
mod daily;
mod error;
mod leave;
mod letters;
mod outcome;
mod read;
mod retry;
mod review;
mod send;
mod settle;
mod told;
mod warning;

pub use audience::Selection;
pub use cancel::cancel;
pub use error::ReminderError;
pub use leave::leave;
pub use read::{Recipient, open, page, recipients};
pub use review::{Order, Ready, Review, ReviewDigest, Skipped, preview};
pub use send::{Queued, send};
pub use told::missed;
pub(in crate::domain) use told::tell_again;
pub use warning::Warning;

/// The most patients of one reminder.
pub const MAX_RECIPIENTS: usize = 10_000;
/// How many days ahead a reminder or message can be set.
pub const MAX_DAYS_AHEAD: i64 = 366;
