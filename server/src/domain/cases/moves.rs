//! Which way a case may move (CASE-1, CASE-3, CASE-4).

use entity::{CaseStatus, ConversationStatus};

use crate::domain::answers::{ENDED, resumed};

/// Whether a case may go from one status to another: it is begun, done, and from the archive taken up again. Nothing is new
/// twice.
#[must_use]
pub const fn may_move(from: CaseStatus, to: CaseStatus) -> bool {
    match (from, to) {
        (CaseStatus::New, CaseStatus::InProgress | CaseStatus::Complete)
        | (CaseStatus::InProgress, CaseStatus::Complete)
        | (CaseStatus::Complete, CaseStatus::InProgress) => true,
        (_, CaseStatus::New)
        | (CaseStatus::InProgress, CaseStatus::InProgress)
        | (CaseStatus::Complete, CaseStatus::Complete) => false,
    }
}

/// How the conversation of a case stands: it has ended while the case is complete.
#[must_use]
pub const fn conversation_status(case: CaseStatus) -> ConversationStatus {
    match case {
        CaseStatus::New | CaseStatus::InProgress => ConversationStatus::Open,
        CaseStatus::Complete => ConversationStatus::Closed,
    }
}

/// The statement that moves a case: in what has ended nobody waits for an answer, and in what is taken up again whoever had the
/// last word does.
pub(super) fn moving(from: ConversationStatus, to: ConversationStatus) -> String {
    let answers = match (from, to) {
        (_, ConversationStatus::Closed) => format!(", {ENDED}"),
        (ConversationStatus::Closed, ConversationStatus::Open) => format!(", {}", resumed("$6")),
        (ConversationStatus::Open, ConversationStatus::Open) => String::new(),
    };
    format!(
        "update conversation set case_status = $3, status = $4, status_changed_by = $5, status_changed_at = $6{answers} \
         where organization_id = $1 and id = $2"
    )
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn wanted() -> impl Strategy<Value = CaseStatus> {
        prop_oneof![
            Just(CaseStatus::New),
            Just(CaseStatus::InProgress),
            Just(CaseStatus::Complete),
        ]
    }

    /// The model: a case that was begun or done once is either worked on or done, as was wanted last.
    fn model(history: &[CaseStatus]) -> CaseStatus {
        let mut moves = history.iter().filter(|wanted| **wanted != CaseStatus::New);
        moves.next_back().copied().unwrap_or(CaseStatus::New)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn any_history_of_wishes_ends_as_the_model_says(history in vec(wanted(), 0..12)) {
            let mut status = CaseStatus::New;
            for wanted in &history {
                let before = status;
                if may_move(status, *wanted) {
                    prop_assert_ne!(status, *wanted);
                    status = *wanted;
                }
                prop_assert!(status != CaseStatus::New || before == CaseStatus::New, "nothing is new twice");
                prop_assert_eq!(
                    conversation_status(status) == ConversationStatus::Closed,
                    status == CaseStatus::Complete
                );
            }
            prop_assert_eq!(status, model(&history));
        }
    }
}
