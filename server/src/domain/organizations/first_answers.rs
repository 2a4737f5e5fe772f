//! What administrators decide about first answers to cases (CASE-6).

use crate::domain::{
    people::values::{self, Check},
    settings::FirstAnswerMinutes,
};

/// The longest time for a first answer: four weeks of a clinic that never closes.
const MAX_MINUTES: u32 = 40_320;

/// What to change of how long first answers may take; none leaves a value as it is, and an inner none removes the target.
#[derive(Debug, Default)]
pub struct FirstAnswerChanges {
    /// See [`FirstAnswerMinutes::low`].
    pub low: Option<Option<u32>>,
    /// See [`FirstAnswerMinutes::normal`].
    pub normal: Option<Option<u32>>,
    /// See [`FirstAnswerMinutes::high`].
    pub high: Option<Option<u32>>,
    /// See [`FirstAnswerMinutes::urgent`].
    pub urgent: Option<Option<u32>>,
}

impl FirstAnswerChanges {
    /// Puts what is given in place of what counts.
    pub(super) fn overlay(&self, minutes: &mut FirstAnswerMinutes) {
        minutes.low = self.low.unwrap_or(minutes.low);
        minutes.normal = self.normal.unwrap_or(minutes.normal);
        minutes.high = self.high.unwrap_or(minutes.high);
        minutes.urgent = self.urgent.unwrap_or(minutes.urgent);
    }
}

pub(super) fn check_first_answers(check: &mut Check, minutes: &FirstAnswerMinutes) {
    for (field, value) in [
        ("firstAnswerMinutes.low", minutes.low),
        ("firstAnswerMinutes.normal", minutes.normal),
        ("firstAnswerMinutes.high", minutes.high),
        ("firstAnswerMinutes.urgent", minutes.urgent),
    ] {
        if let Some(value) = value {
            check.value(field, values::within(value, 1, MAX_MINUTES));
        }
    }
}
