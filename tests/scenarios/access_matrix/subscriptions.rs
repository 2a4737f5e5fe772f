//! How everything is watched.

use serde_json::json;

use super::operation::{Given, Operation, subscription};
use super::rule::Rule;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        subscription(
            Rule::Concerned,
            "messageAlerts",
            "($after: Position)",
            "(after: $after) { __typename }",
            |cell| json!({ "after": cell.ahead }),
        ),
        subscription(
            Rule::Clinicians,
            "inboxChanges",
            "($after: Position)",
            "(after: $after) { __typename }",
            |cell| json!({ "after": cell.ahead }),
        ),
        subscription(
            Rule::Clinicians,
            "caseChanges",
            "($after: Position)",
            "(after: $after) { __typename }",
            |cell| json!({ "after": cell.ahead }),
        ),
        subscription(
            Rule::RecordKeepers,
            "textingChanges",
            "($after: Position)",
            "(after: $after) { __typename }",
            |cell| json!({ "after": cell.ahead }),
        ),
        subscription(
            Rule::RecordKeepers,
            "attentionAlerts",
            "($after: Position)",
            "(after: $after) { __typename }",
            |cell| json!({ "after": cell.ahead }),
        ),
        subscription(
            Rule::Chat,
            "conversationEvents",
            "($id: ID!, $after: Position)",
            "(conversationId: $id, after: $after) { __typename }",
            |cell| json!({ "id": cell.chat, "after": cell.ahead }),
        ),
        subscription(
            Rule::Chat,
            "conversationSignals",
            "($id: ID!)",
            "(conversationId: $id) { __typename personId }",
            |cell| json!({ "id": cell.chat }),
        ),
        subscription(
            Rule::StaffHere,
            "reminderProgress",
            "($id: ID!, $after: Position)",
            "(id: $id, after: $after) { __typename }",
            |cell| json!({ "id": cell.given, "after": cell.ahead }),
        )
        .with(Given::Reminder),
    ]
}
