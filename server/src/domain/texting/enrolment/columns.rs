//! The state of an enrolment as columns, and back.

use chrono::{DateTime, Utc};
use entity::{TextingFailure, TextingStatus, texting_enrolment};

use crate::domain::{
    fault::Fault,
    texting::machine::{Asked, Before, Failure, OptedOutBy, State},
};

impl State {
    /// The word for it.
    #[must_use]
    pub const fn status(self) -> TextingStatus {
        match self {
            Self::None => TextingStatus::None,
            Self::Pending(_) => TextingStatus::Pending,
            Self::Enabled => TextingStatus::Enabled,
            Self::Failed(_) => TextingStatus::Failed,
            Self::OptedOut { .. } => TextingStatus::OptedOut,
        }
    }
}

/// A state as columns.
pub(super) struct Columns {
    pub(super) status: TextingStatus,
    pub(super) asked_at: Option<DateTime<Utc>>,
    pub(super) wrong_answers: i32,
    pub(super) failure: Option<TextingFailure>,
    pub(super) opted_out_by: Option<entity::OptedOutBy>,
    pub(super) before: Option<TextingStatus>,
}

impl Columns {
    pub(super) fn of(state: State) -> Self {
        let plain = Self {
            status: state.status(),
            asked_at: None,
            wrong_answers: 0,
            failure: None,
            opted_out_by: None,
            before: None,
        };
        match state {
            State::None | State::Enabled => plain,
            State::Pending(asked) => Self {
                asked_at: Some(asked.at),
                wrong_answers: asked.wrong_answers,
                ..plain
            },
            State::Failed(failure) => Self {
                failure: Some(failure.into()),
                ..plain
            },
            State::OptedOut { by, before } => Self {
                opted_out_by: Some(by.into()),
                ..plain.before(before)
            },
        }
    }

    fn before(self, before: Before) -> Self {
        let (status, wrong_answers, failure) = match before {
            Before::None => (TextingStatus::None, 0, None),
            Before::Enabled => (TextingStatus::Enabled, 0, None),
            Before::Pending { wrong_answers } => (TextingStatus::Pending, wrong_answers, None),
            Before::Failed(failure) => (TextingStatus::Failed, 0, Some(failure.into())),
        };
        Self {
            wrong_answers,
            failure,
            before: Some(status),
            ..self
        }
    }
}

/// The state that a row holds.
pub(in crate::domain::texting) fn state_of(row: &texting_enrolment::Model) -> Result<State, Fault> {
    const CORRUPT: Fault = Fault::Corrupt("texting enrolment");
    let failure = || row.failure.map(Failure::from).ok_or(CORRUPT);
    Ok(match row.status {
        TextingStatus::None => State::None,
        TextingStatus::Enabled => State::Enabled,
        TextingStatus::Pending => State::Pending(Asked {
            at: row.asked_at.ok_or(CORRUPT)?,
            wrong_answers: row.wrong_answers,
        }),
        TextingStatus::Failed => State::Failed(failure()?),
        TextingStatus::OptedOut => State::OptedOut {
            by: row.opted_out_by.map(OptedOutBy::from).ok_or(CORRUPT)?,
            before: match row.status_before.ok_or(CORRUPT)? {
                TextingStatus::None => Before::None,
                TextingStatus::Enabled => Before::Enabled,
                TextingStatus::Pending => Before::Pending {
                    wrong_answers: row.wrong_answers,
                },
                TextingStatus::Failed => Before::Failed(failure()?),
                TextingStatus::OptedOut => return Err(CORRUPT),
            },
        },
    })
}

macro_rules! same_words {
    ($($ours:ident = $stored:path { $($word:ident),+ })+) => {$(
        impl From<$stored> for $ours {
            fn from(stored: $stored) -> Self {
                match stored { $(<$stored>::$word => Self::$word,)+ }
            }
        }

        impl From<$ours> for $stored {
            fn from(ours: $ours) -> Self {
                match ours { $($ours::$word => Self::$word,)+ }
            }
        }
    )+};
}

same_words! {
    Failure = TextingFailure { WrongAnswers, TimePassed }
    OptedOutBy = entity::OptedOutBy { Patient, Staff }
}
