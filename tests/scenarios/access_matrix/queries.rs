//! How everything is read.

use serde_json::json;

use super::operation::{Given, Operation, query};
use super::rule::Rule;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        query(Rule::Anyone, "version", "", "", |_| json!({})),
        query(
            Rule::Anyone,
            "invitation",
            "($token: String!)",
            "(token: $token) { clinicName wording }",
            |cell| json!({ "token": cell.given }),
        )
        .with(Given::Invitation),
        query(
            Rule::SignedIn,
            "me",
            "",
            " { __typename ... on Patient { id } ... on StaffMember { id } }",
            |_| json!({}),
        ),
        query(Rule::SignedIn, "devices", "", " { id current }", |_| {
            json!({})
        }),
        query(Rule::SignedIn, "organization", "", " { id name }", |_| {
            json!({})
        }),
        query(
            Rule::Patients,
            "myCareTeamChat",
            "",
            " { id lastMessage { id } }",
            |_| json!({}),
        ),
        query(
            Rule::Record,
            "patient",
            "($id: ID!)",
            "(id: $id) { id name dateOfBirth }",
            |cell| json!({ "id": cell.paul }),
        ),
        query(
            Rule::Record,
            "node",
            "($id: ID!)",
            "(id: $id) { id }",
            |cell| json!({ "id": cell.paul }),
        ),
        query(
            Rule::Chat,
            "conversation",
            "($id: ID!)",
            "(id: $id) { id patient { id name } messages { nodes { id body } } }",
            |cell| json!({ "id": cell.chat }),
        ),
        query(
            Rule::Finding,
            "patients",
            "($search: String)",
            "(search: $search) { nodes { id name } }",
            |_| json!({ "search": "Paul" }),
        ),
        query(
            Rule::CliniciansFinding,
            "inbox",
            "($search: String)",
            "(filter: ALL, search: $search) { counts { messages } nodes { id lastMessage { id body } } }",
            |_| json!({ "search": "Paul" }),
        ),
        query(
            Rule::CliniciansFinding,
            "cases",
            "($search: String)",
            "(search: $search) { nodes { id reason conversation { id } } }",
            |_| json!({ "search": "Paul" }),
        )
        .with(Given::Case),
        query(
            Rule::StaffHere,
            "staffMember",
            "($id: ID!)",
            "(id: $id) { id name }",
            |cell| json!({ "id": cell.nils }),
        ),
        query(Rule::Staff, "staff", "", " { nodes { id name } }", |_| {
            json!({})
        }),
        query(
            Rule::Staff,
            "programs",
            "",
            " { nodes { id name } }",
            |_| json!({}),
        ),
        query(Rule::Staff, "groups", "", " { nodes { id name } }", |_| {
            json!({})
        }),
        query(
            Rule::Administrators,
            "developmentOutbox",
            "",
            " { pageInfo { hasNextPage } }",
            |_| json!({}),
        ),
        query(
            Rule::AdministratorsFinding,
            "deadLetters",
            "",
            " { nodes { id addressee { id name } reason } }",
            |_| json!({}),
        )
        .with(Given::DeadLetter),
        query(
            Rule::AdministratorsFinding,
            "consentWordings",
            "",
            " { nodes { version } }",
            |_| json!({}),
        )
        .with(Given::Invitation),
        query(
            Rule::Administrators,
            "notificationTemplates",
            "",
            " { purpose language body }",
            |_| json!({}),
        ),
        query(
            Rule::Administrators,
            "notificationTemplateChanges",
            "",
            " { pageInfo { hasNextPage } }",
            |_| json!({}),
        ),
        query(
            Rule::Staff,
            "messageTemplates",
            "",
            " { pageInfo { hasNextPage } }",
            |_| json!({}),
        ),
        query(
            Rule::StaffHere,
            "messageTemplate",
            "($id: ID!)",
            "(id: $id) { id languages { approved { title } } }",
            |cell| json!({ "id": cell.given }),
        )
        .with(Given::Template),
        query(
            Rule::StaffHere,
            "messageTemplateHistory",
            "($id: ID!)",
            "(templateId: $id, language: \"en\") { nodes { version } }",
            |cell| json!({ "id": cell.given }),
        )
        .with(Given::Template),
        query(
            Rule::RecordKeepersOfRecord,
            "previewMessageTemplate",
            "($id: ID!, $patient: ID!)",
            "(templateId: $id, patientId: $patient) { refusal message { title } }",
            |cell| json!({ "id": cell.given, "patient": cell.paul }),
        )
        .with(Given::Template),
        query(
            Rule::CliniciansOfRecord,
            "previewReminder",
            "($input: PreviewReminderInput!)",
            "(input: $input) { recipientCount errors { code message } }",
            |cell| json!({ "input": { "templateId": cell.given, "patientIds": [cell.paul] } }),
        )
        .with(Given::Template),
        query(
            Rule::Staff,
            "reminders",
            "",
            "(first: 1) { pageInfo { hasNextPage } }",
            |_| json!({}),
        ),
        query(
            Rule::StaffHere,
            "reminder",
            "($id: ID!)",
            "(id: $id) { id status recipients { pageInfo { hasNextPage } } }",
            |cell| json!({ "id": cell.given }),
        )
        .with(Given::Reminder),
        query(
            Rule::CliniciansOfRecord,
            "scheduledMessages",
            "($id: ID!)",
            "(conversationId: $id) { pageInfo { hasNextPage } }",
            |cell| json!({ "id": cell.chat }),
        ),
        query(
            Rule::CliniciansFinding,
            "stoppedScheduledMessages",
            "",
            "(status: HELD) { nodes { id body } }",
            |_| json!({}),
        )
        .with(Given::Held),
        query(
            Rule::Own,
            "uploadedAttachment",
            "($id: ID!)",
            "(id: $id) { id fileName }",
            |cell| json!({ "id": cell.given }),
        )
        .with(Given::PatientsUpload),
        query(
            Rule::CliniciansOfRecord,
            "chartDocuments",
            "($id: ID!)",
            "(patientId: $id) { pageInfo { hasNextPage } }",
            |cell| json!({ "id": cell.paul }),
        ),
        query(
            Rule::Administrators,
            "fileDownloads",
            "",
            " { pageInfo { hasNextPage } }",
            |_| json!({}),
        ),
        query(
            Rule::Own,
            "link",
            "($token: String!)",
            "(token: $token) { purpose conversation { id } }",
            |cell| json!({ "token": cell.given }),
        )
        .with(Given::Link),
        query(
            Rule::SignedIn,
            "textLength",
            "($body: String!)",
            "(body: $body) { segments }",
            |_| json!({ "body": "Hello" }),
        ),
        query(
            Rule::AdministratorsFinding,
            "textGateway",
            "",
            " { id }",
            |_| json!({}),
        )
        .with(Given::Gateway),
        query(
            Rule::RecordKeepers,
            "unattendedConversations",
            "",
            " { pageInfo { hasNextPage } }",
            |_| json!({}),
        ),
        query(
            Rule::CliniciansFindingHere,
            "quarantinedTexts",
            "",
            " { nodes { id body } }",
            |_| json!({}),
        )
        .with(Given::Quarantined),
    ]
}

/// Lists that an id narrows down.
pub(super) fn narrowed() -> Vec<Operation> {
    vec![
        query(
            Rule::Staff,
            "patients",
            "($id: ID)",
            "(programId: $id) { nodes { id } }",
            |cell| json!({ "id": cell.program }),
        ),
        query(
            Rule::Staff,
            "patients",
            "($id: ID)",
            "(groupId: $id) { nodes { id } }",
            |cell| json!({ "id": cell.group }),
        ),
        query(
            Rule::Staff,
            "staff",
            "($id: ID)",
            "(groupId: $id) { nodes { id } }",
            |cell| json!({ "id": cell.group }),
        ),
        query(
            Rule::Clinicians,
            "cases",
            "($id: ID)",
            "(assigneeId: $id) { nodes { id } }",
            |cell| json!({ "id": cell.nils }),
        ),
        query(
            Rule::CliniciansOfRecord,
            "scheduledMessages",
            "($id: ID!)",
            "(patientId: $id) { pageInfo { hasNextPage } }",
            |cell| json!({ "id": cell.paul }),
        ),
        query(
            Rule::CliniciansOfRecord,
            "previewReminder",
            "($input: PreviewReminderInput!)",
            "(input: $input) { recipientCount errors { code message } }",
            |cell| {
                let filter = json!({ "groupId": cell.group, "programId": cell.program, "careTeamOf": cell.nils });
                json!({ "input": { "templateId": cell.given, "filter": filter } })
            },
        )
        .with(Given::Template),
    ]
}
