//! Why a reminder is not sent or cancelled.

use entity::SkipReason;

use super::{MAX_DAYS_AHEAD, MAX_RECIPIENTS};
use crate::domain::{fault::Fault, messages::MAX_KEY_BYTES, policy::Denied};

/// Why a reminder is not sent or cancelled.
#[derive(Debug, thiserror::Error)]
pub enum ReminderError {
    /// Nobody was chosen, or the filter finds nobody.
    #[error("no patient is chosen")]
    NobodyChosen,
    /// More than [`MAX_RECIPIENTS`].
    #[error("a reminder goes to at most {MAX_RECIPIENTS} patients")]
    TooMany,
    /// None of the chosen patients can get it; the reason, where it is the same for all.
    #[error("none of the chosen patients can get it")]
    NobodyLeft(Option<SkipReason>),
    /// The organization does not schedule.
    #[error("the clinic sends nothing at a later time")]
    SchedulingOff,
    /// The time is too far ahead.
    #[error("a time lies at most {MAX_DAYS_AHEAD} days ahead")]
    TooFarAhead,
    /// It would have expired before it is sent.
    #[error("it expires before it can leave")]
    ExpiresTooEarly,
    /// Empty, too long, or not printable ASCII.
    #[error("an idempotency key has 1 to {MAX_KEY_BYTES} printable ASCII characters")]
    BadKey,
    /// The idempotency key was used for another reminder.
    #[error("the idempotency key was used for another reminder")]
    KeyReused,
    /// A review finds something else by now than the sender has seen.
    #[error("something has changed since the review; look at it again")]
    ReviewOutdated,
    /// All its messages have left, or it is cancelled already.
    #[error("nothing of it waits any more")]
    NothingWaits,
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl From<Fault> for ReminderError {
    fn from(fault: Fault) -> Self {
        Self::Denied(fault.into())
    }
}

impl From<sea_orm::DbErr> for ReminderError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Denied(error.into())
    }
}
