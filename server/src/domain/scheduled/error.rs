//! Why a message is not scheduled or cancelled.

use super::MAX_WAITING;
use crate::domain::{
    conversations::{BeginError, MAX_RECIPIENTS},
    fault::Fault,
    messages::SendError,
    policy::Denied,
    reminders::MAX_DAYS_AHEAD,
};

/// Why a message is not scheduled or cancelled.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The organization does not schedule.
    #[error("the clinic sends nothing at a later time")]
    SchedulingOff,
    /// The time zone is none.
    #[error("it is not an IANA time zone, such as `America/New_York`")]
    NotATimeZone,
    /// The clocks leave the time out.
    #[error("the clocks leave this time out on that day")]
    TimeDoesNotExist,
    /// The time has passed.
    #[error("this time has passed")]
    TimePassed,
    /// The time is too far ahead.
    #[error("a time lies at most {MAX_DAYS_AHEAD} days ahead")]
    TooFarAhead,
    /// It would have expired before it is sent.
    #[error("it expires before it can leave")]
    ExpiresTooEarly,
    /// As many wait in the conversation as may.
    #[error(
        "at most {MAX_WAITING} messages wait in a conversation, or to begin one with a patient"
    )]
    TooMany,
    /// It has left, or does not wait for another reason.
    #[error("it does not wait any more")]
    WaitsNoMore,
    /// It is not held back.
    #[error("it is not held back")]
    NotHeld,
    /// One of the staff members is no active clinician, or restricted from the patient.
    #[error("a recipient is no active clinician, or restricted from the patient")]
    Recipient,
    /// Too many staff members.
    #[error("a message is addressed to at most {MAX_RECIPIENTS} staff members")]
    TooManyRecipients,
    /// It could not be stored now either.
    #[error(transparent)]
    Refused(#[from] SendError),
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl From<BeginError> for ScheduleError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Recipient => Self::Recipient,
            BeginError::TooManyRecipients => Self::TooManyRecipients,
            BeginError::Refused(refused) => Self::Refused(refused),
            BeginError::Denied(denied) => Self::Denied(denied),
        }
    }
}

impl From<Fault> for ScheduleError {
    fn from(fault: Fault) -> Self {
        Self::Denied(fault.into())
    }
}

impl From<sea_orm::DbErr> for ScheduleError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Denied(error.into())
    }
}
