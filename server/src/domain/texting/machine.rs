//! Where a patient's enrolment in texting stands, and what leads from one place to another (TXT-3). No database, no clock.
//!
//! ```text
//! NONE ── enable ──▶ PENDING ── right date ──▶ ENABLED
//!                    │  ▲  three wrong, or two weeks
//!                    ▼  └── restart ──┐
//!                   FAILED ───────────┘
//! any ── STOP, or staff ──▶ OPTED_OUT ── START ──▶ where it was
//! ```
//!
//! START leads back to where STOP led away from: to ENABLED only whoever had said their date of birth from this number, and to
//! PENDING with as many tries as were left, so that STOP and START give nobody more guesses. Sending the question again gives two
//! more weeks, and no more tries; only staff who begin again give those.

#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};

use super::birth_date_answer::Answer;

/// How many wrong answers end an enrolment.
pub const TRIES: i32 = 3;
/// How long the question waits for its answer.
pub const PATIENCE: TimeDelta = TimeDelta::weeks(2);

/// Where an enrolment stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nobody has asked the patient.
    #[default]
    None,
    /// The patient was asked for their date of birth.
    Pending(Asked),
    /// The patient has said it: they and the clinic can text.
    Enabled,
    /// The patient has not said it.
    Failed(Failure),
    /// The patient gets no texts.
    OptedOut {
        /// Who wanted it so.
        by: OptedOutBy,
        /// Where START leads back to.
        before: Before,
    },
}

/// A question that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When it was sent last.
    pub at: DateTime<Utc>,
    /// How many answers were wrong since staff began.
    pub wrong_answers: i32,
}

/// Why an enrolment failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// [`TRIES`] answers were wrong.
    WrongAnswers,
    /// [`PATIENCE`] passed.
    TimePassed,
}

/// Who wanted no more texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptedOutBy {
    /// Whoever has the phone.
    Patient,
    /// A staff member.
    Staff,
}

/// Where an enrolment stood before it was opted out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// See [`State::None`].
    None,
    /// See [`State::Pending`].
    Pending {
        /// See [`Asked::wrong_answers`].
        wrong_answers: i32,
    },
    /// See [`State::Enabled`].
    Enabled,
    /// See [`State::Failed`].
    Failed(Failure),
}

/// What happens to an enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Staff begin.
    Enable,
    /// Staff send the question again.
    Resend,
    /// Staff begin again after a failure.
    Restart,
    /// Staff opt the patient out.
    OptOut,
    /// An answer came.
    Answered(Answer),
    /// Time went by.
    Waited,
    /// STOP came from the number.
    Stop,
    /// START came from the number.
    Start,
    /// The patient has another number, or none.
    NumberChanged,
}

/// What does not happen to an enrolment as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be done as the enrolment stands")]
pub struct NotNow;

impl State {
    /// Where an event leads. What changes nothing leads to where it stands.
    ///
    /// # Errors
    /// [`NotNow`] when staff ask for what the state does not allow, and for answers that nobody waits for.
    pub fn after(self, event: Event, now: DateTime<Utc>) -> Result<Self, NotNow> {
        let fresh = Self::Pending(Asked {
            at: now,
            wrong_answers: 0,
        });
        match event {
            Event::Enable => match self {
                Self::None
                | Self::OptedOut {
                    by: OptedOutBy::Staff,
                    ..
                } => Ok(fresh),
                Self::Pending(_) | Self::Enabled | Self::Failed(_) | Self::OptedOut { .. } => {
                    Err(NotNow)
                }
            },
            Event::Restart => match self {
                Self::Failed(_) => Ok(fresh),
                Self::None | Self::Pending(_) | Self::Enabled | Self::OptedOut { .. } => {
                    Err(NotNow)
                }
            },
            Event::Resend => self
                .pending()
                .map(|asked| Self::Pending(Asked { at: now, ..asked })),
            Event::Answered(answer) => self.pending().map(|asked| asked.after(answer, now)),
            Event::Waited => Ok(match self {
                Self::Pending(asked) if asked.is_over(now) => Self::Failed(Failure::TimePassed),
                Self::None
                | Self::Pending(_)
                | Self::Enabled
                | Self::Failed(_)
                | Self::OptedOut { .. } => self,
            }),
            Event::OptOut => self.opted_out(OptedOutBy::Staff).ok_or(NotNow),
            Event::Stop => Ok(self.opted_out(OptedOutBy::Patient).unwrap_or(self)),
            Event::Start => Ok(self.back(now)),
            Event::NumberChanged => Ok(Self::None),
        }
    }

    fn pending(self) -> Result<Asked, NotNow> {
        match self {
            Self::Pending(asked) => Ok(asked),
            Self::None | Self::Enabled | Self::Failed(_) | Self::OptedOut { .. } => Err(NotNow),
        }
    }

    /// How many more answers may be wrong; none where no answer is waited for.
    #[must_use]
    pub fn tries_left(self) -> Option<i32> {
        let asked = self.pending().ok()?;
        Some(TRIES - asked.wrong_answers)
    }

    /// Until when an answer is waited for.
    #[must_use]
    pub fn answer_by(self) -> Option<DateTime<Utc>> {
        self.pending().ok().map(Asked::ends_at)
    }

    fn before(self) -> Before {
        match self {
            Self::None => Before::None,
            Self::Pending(Asked { wrong_answers, .. }) => Before::Pending { wrong_answers },
            Self::Enabled => Before::Enabled,
            Self::Failed(failure) => Before::Failed(failure),
            Self::OptedOut { before, .. } => before,
        }
    }

    /// None when it is so already. What the phone's owner says counts for more than what staff noted.
    fn opted_out(self, by: OptedOutBy) -> Option<Self> {
        let before = self.before();
        match (self, by) {
            (
                Self::OptedOut {
                    by: OptedOutBy::Patient,
                    ..
                },
                _,
            )
            | (Self::OptedOut { .. }, OptedOutBy::Staff) => None,
            (_, by) => Some(Self::OptedOut { by, before }),
        }
    }

    fn back(self, now: DateTime<Utc>) -> Self {
        match self {
            Self::OptedOut { before, .. } => match before {
                Before::None => Self::None,
                Before::Pending { wrong_answers } => Self::Pending(Asked {
                    at: now,
                    wrong_answers,
                }),
                Before::Enabled => Self::Enabled,
                Before::Failed(failure) => Self::Failed(failure),
            },
            Self::None | Self::Pending(_) | Self::Enabled | Self::Failed(_) => self,
        }
    }
}

impl Asked {
    /// When the answer comes too late.
    #[must_use]
    pub fn ends_at(self) -> DateTime<Utc> {
        self.at + PATIENCE
    }

    fn is_over(self, now: DateTime<Utc>) -> bool {
        self.ends_at() <= now
    }

    fn after(self, answer: Answer, now: DateTime<Utc>) -> State {
        if self.is_over(now) {
            return State::Failed(Failure::TimePassed);
        }
        match answer {
            Answer::Right => State::Enabled,
            Answer::Wrong if self.wrong_answers + 1 >= TRIES => {
                State::Failed(Failure::WrongAnswers)
            }
            Answer::Wrong => State::Pending(Asked {
                wrong_answers: self.wrong_answers + 1,
                ..self
            }),
        }
    }
}
