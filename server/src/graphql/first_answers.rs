//! How long first answers to cases may take, as the API shows it.

use async_graphql::{InputObject, MaybeUndefined, SimpleObject};

use crate::domain::{organizations::FirstAnswerChanges, settings};

/// How long the first answer to a case may take, in minutes of the clinic's opening hours, for each priority. Null sets no
/// target.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct FirstAnswerMinutes {
    /// For low priority.
    low: Option<u32>,
    /// For normal priority.
    normal: Option<u32>,
    /// For high priority.
    high: Option<u32>,
    /// For urgent cases.
    urgent: Option<u32>,
}

impl From<settings::FirstAnswerMinutes> for FirstAnswerMinutes {
    fn from(minutes: settings::FirstAnswerMinutes) -> Self {
        Self {
            low: minutes.low,
            normal: minutes.normal,
            high: minutes.high,
            urgent: minutes.urgent,
        }
    }
}

/// How long the first answer to a case may take; 1 to 40,320 minutes of the clinic's opening hours. What is left out stays; null
/// removes the target.
#[derive(Default, InputObject)]
pub struct FirstAnswerMinutesInput {
    /// For low priority.
    low: MaybeUndefined<u32>,
    /// For normal priority.
    normal: MaybeUndefined<u32>,
    /// For high priority.
    high: MaybeUndefined<u32>,
    /// For urgent cases.
    urgent: MaybeUndefined<u32>,
}

impl From<FirstAnswerMinutesInput> for FirstAnswerChanges {
    fn from(input: FirstAnswerMinutesInput) -> Self {
        Self {
            low: input.low.into(),
            normal: input.normal.into(),
            high: input.high.into(),
            urgent: input.urgent.into(),
        }
    }
}
