//! Where a text stands on its way (TXT-8): reports come doubled, late and in any order, and the state only moves forward.

use entity::{TextFailure, TextState};

/// What is heard of a text that goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The gateway has taken it.
    Accepted,
    /// It has arrived.
    Delivered,
    /// It did not arrive, and will not.
    Failed(TextFailure),
}

/// Where a text stands, and why it did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where.
    pub state: TextState,
    /// Why it did not arrive; only of what failed.
    pub reason: Option<TextFailure>,
}

impl Standing {
    /// Where every text begins.
    pub const QUEUED: Self = Self {
        state: TextState::Queued,
        reason: None,
    };

    /// Where the text stands after a report; none when the report changes nothing. Whatever ends its way first stays: a
    /// report may overtake another, and even the gateway's answer.
    #[must_use]
    pub const fn after(self, heard: Heard) -> Option<Self> {
        let next = match heard {
            Heard::Accepted => Self {
                state: TextState::Sent,
                reason: None,
            },
            Heard::Delivered => Self {
                state: TextState::Delivered,
                reason: None,
            },
            Heard::Failed(reason) => Self {
                state: TextState::Failed,
                reason: Some(reason),
            },
        };
        if rank(next.state) > rank(self.state) {
            Some(next)
        } else {
            None
        }
    }

    /// Whether nothing changes any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        rank(self.state) == LAST
    }
}

const LAST: u8 = 2;

const fn rank(state: TextState) -> u8 {
    match state {
        TextState::Queued => 0,
        TextState::Sent => 1,
        TextState::Delivered | TextState::Failed | TextState::Received => LAST,
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn heard() -> impl Strategy<Value = Heard> {
        prop_oneof![
            Just(Heard::Accepted),
            Just(Heard::Delivered),
            Just(Heard::Failed(TextFailure::Unknown)),
            Just(Heard::Failed(TextFailure::Unreachable)),
            Just(Heard::Failed(TextFailure::CarrierBlocked)),
        ]
    }

    /// The model: the first report that ends a text's way decides, and before that any report at all makes it sent.
    fn model(history: &[Heard]) -> Standing {
        let end = history.iter().find(|heard| **heard != Heard::Accepted);
        match (end, history.first()) {
            (Some(Heard::Delivered), _) => Standing {
                state: TextState::Delivered,
                reason: None,
            },
            (Some(Heard::Failed(reason)), _) => Standing {
                state: TextState::Failed,
                reason: Some(*reason),
            },
            (Some(Heard::Accepted) | None, Some(_)) => Standing {
                state: TextState::Sent,
                reason: None,
            },
            (Some(Heard::Accepted) | None, None) => Standing::QUEUED,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_history_of_reports_ends_as_the_model_says(history in vec(heard(), 0..12)) {
            let mut standing = Standing::QUEUED;
            for report in &history {
                if let Some(next) = standing.after(*report) {
                    prop_assert!(rank(next.state) > rank(standing.state));
                    prop_assert!(!standing.is_final());
                    standing = next;
                }
                // The same again changes nothing.
                prop_assert_eq!(standing.after(*report), None);
            }
            prop_assert_eq!(standing, model(&history));
            prop_assert_eq!(standing.reason.is_some(), standing.state == TextState::Failed);
        }
    }
}
