//! How everything is changed.

use entity::TextingStatus;
use harness::canary;
use serde_json::{Value, json};

use super::operation::{Given, Operation, Root, mutation, operation};
use super::rule::Rule;
use super::stage::Cell;

const PATIENT: &str = "patient { id name } errors { code message }";
const STAFF: &str = "staffMember { id name } errors { code message }";
const MESSAGE: &str = "message { id body } errors { code message }";
const CONVERSATION: &str = "conversation { id } errors { code message }";
const DONE: &str = "signedOut errors { code message }";
const SESSION: &str = "session { personId } errors { code message }";

/// The one that takes the patient's enrolment away comes last.
pub(super) fn operations() -> Vec<Operation> {
    let mut all = signing_in();
    all.extend(messaging());
    // The preset that comes next offers none.
    all.extend(cases());
    all.extend(organization());
    all.extend(templates());
    all.extend(files());
    all.extend(texts());
    all.extend(records());
    all
}

fn signing_in() -> Vec<Operation> {
    let errors = "errors { code message }";
    vec![
        mutation(Rule::Anyone, "signIn", SESSION, |cell| {
            input(json!({ "organization": cell.slug, "email": cell.contact, "password": canary::PASSWORD }))
        })
        .with(Given::Password),
        mutation(Rule::Anyone, "requestSignInCode", errors, |cell| {
            input(json!({ "organization": cell.slug, "contact": cell.contact }))
        })
        .with(Given::Password),
        mutation(Rule::Anyone, "signInWithCode", SESSION, |cell| {
            input(json!({ "organization": cell.slug, "contact": cell.contact, "code": cell.given }))
        })
        .with(Given::Code),
        mutation(Rule::Anyone, "refreshSession", SESSION, |cell| input(json!({ "refreshToken": cell.given })))
            .with(Given::RefreshToken),
        mutation(Rule::Anyone, "acceptInvitation", "accepted errors { code message }", |cell| {
            input(json!({ "token": cell.given, "wordingVersion": 1, "language": "en", "consent": true }))
        })
        .with(Given::Invitation),
        mutation(Rule::Anyone, "setPassword", "passwordSet errors { code message }", |cell| {
            input(json!({ "token": cell.given, "password": another_password() }))
        })
        .with(Given::PasswordLink),
        mutation(Rule::Anyone, "requestPasswordReset", errors, |cell| {
            input(json!({ "organization": cell.slug, "email": canary::address(&cell.unused) }))
        }),
        mutation(Rule::SignedIn, "changePassword", "passwordSet errors { code message }", |_| {
            input(json!({ "currentPassword": canary::PASSWORD, "newPassword": another_password() }))
        }),
        operation(Root::Mutation, Rule::SignedIn, "signOut", "", " { signedOut }", |_| json!({})),
        operation(Root::Mutation, Rule::SignedIn, "signOutEverywhere", "", " { signedOut }", |_| json!({})),
        mutation(
            Rule::SignedIn,
            "renewConnection",
            "expiresAt errors { code message }",
            |cell| input(json!({ "accessToken": cell.own_token })),
        )
        .over_websocket(),
        mutation(Rule::Own, "revokeSession", DONE, |cell| input(json!({ "id": cell.given }))).with(Given::Session),
        mutation(Rule::AdministratorsHere, "endSessions", DONE, |cell| input(json!({ "personId": cell.paul }))),
    ]
}

fn files() -> Vec<Operation> {
    vec![
        mutation(
            Rule::Uploads,
            "uploadAttachment",
            "attachment { id } errors { code message }",
            |cell| input(json!({ "patientId": cell.paul, "file": "upload:0" })),
        ),
        mutation(
            Rule::CliniciansOfRecord,
            "createChartDocument",
            "document { id } errors { code message }",
            |cell| {
                input(json!({
                    "patientId": cell.paul, "attachmentId": cell.given, "kind": "LETTER",
                    "date": "2026-03-01", "title": canary::name("Letter"),
                }))
            },
        )
        .with(Given::Upload),
        mutation(
            Rule::CliniciansOfRecord,
            "removeChartDocument",
            "documentId",
            |cell| input(json!({ "documentId": cell.given })),
        )
        .with(Given::Document),
    ]
}

fn messaging() -> Vec<Operation> {
    vec![
        mutation(Rule::Writing, "sendMessage", MESSAGE, writing),
        mutation(Rule::ChatOfStaff, "addNote", MESSAGE, writing),
        mutation(
            Rule::CliniciansOfRecord,
            "beginSecureMessage",
            "conversation { id } errors { code message }",
            |cell| {
                let title = canary::message("Results");
                let body = json!({ "plain": canary::message("All is well") });
                let (patient, key) = (&cell.paul, &cell.unused);
                input(
                    json!({ "patientId": patient, "title": title, "body": body, "idempotencyKey": key }),
                )
            },
        ),
        mutation(
            Rule::CliniciansOfRecord,
            "closeConversation",
            CONVERSATION,
            addressed,
        )
        .with(Given::SecureMessage),
        mutation(
            Rule::CliniciansOfRecord,
            "reopenConversation",
            CONVERSATION,
            addressed,
        )
        .with(Given::SecureMessage),
        mutation(
            Rule::CliniciansOfRecord,
            "addParticipants",
            CONVERSATION,
            |cell| input(json!({ "conversationId": cell.given, "staffIds": [cell.spare] })),
        )
        .with(Given::SecureMessage),
        mutation(
            Rule::CliniciansOfRecord,
            "removeParticipant",
            CONVERSATION,
            |cell| input(json!({ "conversationId": cell.given, "staffId": cell.spare })),
        )
        .with(Given::SecureMessage),
        mutation(
            Rule::CliniciansOfRecord,
            "sendReminder",
            "reminder { id } errors { code message }",
            |cell| {
                input(
                    json!({ "templateId": cell.given, "patientIds": [cell.paul], "idempotencyKey": cell.unused }),
                )
            },
        )
        .with(Given::Template),
        mutation(
            Rule::CliniciansHere,
            "cancelReminder",
            "reminder { id } errors { code message }",
            |cell| input(json!({ "reminderId": cell.given })),
        )
        .with(Given::Reminder),
        mutation(
            Rule::CliniciansOfRecord,
            "scheduleMessage",
            "scheduledMessage { id } errors { code message }",
            |cell| {
                let body = canary::message("See you soon");
                input(
                    json!({ "conversationId": cell.chat, "body": body, "localTime": "2027-07-01T09:00", "idempotencyKey": cell.unused }),
                )
            },
        ),
        mutation(
            Rule::CliniciansOfRecord,
            "scheduleSecureMessage",
            "scheduledMessage { id } errors { code message }",
            |cell| {
                let (title, body) = (canary::message("Results"), canary::message("All is well"));
                input(json!({
                    "patientId": cell.paul, "title": title, "body": { "plain": body }, "localTime": "2027-07-01T09:00",
                    "idempotencyKey": cell.unused,
                }))
            },
        ),
        mutation(
            Rule::CliniciansOfRecord,
            "releaseScheduledMessage",
            "scheduledMessage { id } errors { code message }",
            |cell| input(json!({ "scheduledMessageId": cell.given, "seenPosition": cell.ahead })),
        )
        .with(Given::Held),
        mutation(
            Rule::CliniciansOfRecord,
            "cancelScheduledMessage",
            "scheduledMessage { id } errors { code message }",
            |cell| input(json!({ "scheduledMessageId": cell.given })),
        )
        .with(Given::Scheduled),
        mutation(Rule::Chat, "markRead", "sequence unreadCount", |cell| {
            input(json!({ "conversationId": cell.chat, "messageId": cell.message }))
        }),
        mutation(
            Rule::CliniciansOfRecord,
            "markAnswered",
            "conversation { id }",
            |cell| {
                input(json!({ "conversationId": cell.chat, "messageId": cell.message }))
            },
        ),
        mutation(Rule::Chat, "setTyping", "accepted", |cell| {
            input(json!({ "conversationId": cell.chat, "typing": true }))
        }),
        mutation(
            Rule::CliniciansOfRecord,
            "becomeNotificationUser",
            PATIENT,
            paul,
        ),
        mutation(Rule::CliniciansOfRecord, "stopNotifications", PATIENT, paul),
        mutation(Rule::Staff, "updateNotificationSettings", STAFF, |_| {
            input(json!({ "twoWayTexting": true }))
        }),
        mutation(
            Rule::AdministratorsHere,
            "retryDeadLetter",
            "accepted",
            |cell| input(json!({ "id": cell.given })),
        )
        .with(Given::DeadLetter),
        mutation(
            Rule::Administrators,
            "saveNotificationTemplate",
            "template { body } errors { code message }",
            template,
        ),
        mutation(
            Rule::Administrators,
            "previewNotificationTemplate",
            "preview { text } errors { code message }",
            template,
        ),
        mutation(
            Rule::Administrators,
            "resetNotificationTemplate",
            "template { body } errors { code message }",
            |_| {
                input(
                    json!({ "purpose": "NEW_CLINIC_MESSAGE", "channel": "SMS", "language": "en" }),
                )
            },
        ),
    ]
}

fn templates() -> Vec<Operation> {
    let template = "template { id } errors { code message }";
    let text = "text { version } errors { code message }";
    let version = |rule, field, version: fn(&Cell) -> Value| {
        mutation(rule, field, text, version).with(Given::Template)
    };
    vec![
        mutation(
            Rule::Administrators,
            "createMessageTemplate",
            template,
            |cell| input(json!({ "name": cell.unused, "sourceLanguage": "en" })),
        ),
        mutation(
            Rule::AdministratorsHere,
            "updateMessageTemplate",
            template,
            |cell| input(json!({ "templateId": cell.given, "category": "Visits" })),
        )
        .with(Given::Template),
        version(
            Rule::AdministratorsHere,
            "saveMessageTemplateText",
            |cell| {
                let body = json!({ "plain": "See you." });
                input(
                    json!({ "templateId": cell.given, "language": "en", "seenVersion": 2, "title": "Visit", "body": body }),
                )
            },
        ),
        version(
            Rule::AdministratorsHere,
            "approveMessageTemplateText",
            |cell| input(json!({ "templateId": cell.given, "language": "en", "version": 2 })),
        ),
        version(
            Rule::AdministratorsHere,
            "retireMessageTemplateText",
            |cell| input(json!({ "templateId": cell.given, "language": "en", "version": 1 })),
        ),
    ]
}

fn organization() -> Vec<Operation> {
    let program = "program { id name } errors { code message }";
    let group = "group { id name } errors { code message }";
    vec![
        mutation(
            Rule::Administrators,
            "updateSettings",
            "organization { id } errors { code message }",
            |_| input(json!({ "portalChat": true })),
        ),
        mutation(
            Rule::Administrators,
            "applyPreset",
            "organization { id } errors { code message }",
            |_| input(json!({ "preset": "CARE_TEAM_CHAT" })),
        ),
        mutation(
            Rule::Administrators,
            "publishConsentWording",
            "consentWording { version } errors { code message }",
            |_| input(json!({ "texts": [{ "language": "en", "text": "I agree." }] })),
        ),
        mutation(Rule::Administrators, "createStaffMember", STAFF, |cell| {
            let email = canary::address(&cell.unused);
            input(
                json!({ "name": canary::name("Stella"), "profession": "Nurse", "email": email, "roles": ["CLINICIAN"] }),
            )
        }),
        mutation(
            Rule::AdministratorsHere,
            "updateStaffMember",
            STAFF,
            |cell| input(json!({ "staffId": cell.spare, "profession": "Midwife" })),
        ),
        mutation(
            Rule::AdministratorsHere,
            "inviteStaffMember",
            "invited",
            |cell| input(json!({ "staffMemberId": cell.spare })),
        ),
        mutation(
            Rule::AdministratorsHere,
            "deactivateStaffMember",
            STAFF,
            spare,
        ),
        mutation(
            Rule::AdministratorsHere,
            "reactivateStaffMember",
            STAFF,
            spare,
        ),
        mutation(
            Rule::AdministratorsHere,
            "setStaffRestrictions",
            STAFF,
            |cell| input(json!({ "staffId": cell.rita, "programIds": [cell.program] })),
        ),
        mutation(Rule::Administrators, "createProgram", program, |cell| {
            input(json!({ "name": cell.unused }))
        }),
        mutation(Rule::AdministratorsHere, "renameProgram", program, |cell| {
            input(json!({ "programId": cell.program, "name": cell.unused }))
        }),
        mutation(Rule::RecordKeepers, "createGroup", group, |cell| {
            input(json!({ "name": cell.unused, "kind": "STAFF" }))
        }),
        mutation(Rule::RecordKeepersOfRecord, "addToGroup", group, membership),
        mutation(
            Rule::RecordKeepersOfRecord,
            "removeFromGroup",
            group,
            membership,
        ),
    ]
}

fn records() -> Vec<Operation> {
    vec![
        mutation(Rule::RecordKeepersAdding, "createPatient", PATIENT, |_| {
            input(json!({ "name": canary::name("Pia"), "dateOfBirth": canary::BIRTH_DATE }))
        }),
        mutation(
            Rule::RecordKeepersOfRecord,
            "updatePatient",
            PATIENT,
            |cell| input(json!({ "patientId": cell.paul, "language": "fi" })),
        ),
        mutation(Rule::Patients, "updateContactDetails", PATIENT, |_| {
            input(json!({ "language": "sv" }))
        }),
        mutation(
            Rule::RecordKeepersOfRecord,
            "setPatientPrograms",
            PATIENT,
            |cell| input(json!({ "patientId": cell.paul, "programIds": [cell.program] })),
        ),
        mutation(
            Rule::RecordKeepersOfRecord,
            "addToCareTeam",
            PATIENT,
            |cell| input(json!({ "patientId": cell.paul, "staffId": cell.spare })),
        ),
        mutation(
            Rule::RecordKeepersOfRecord,
            "removeFromCareTeam",
            PATIENT,
            |cell| input(json!({ "patientId": cell.paul, "staffId": cell.spare })),
        ),
        mutation(
            Rule::RecordKeepersOfRecord,
            "enableTexting",
            PATIENT,
            |cell| input(json!({ "patientId": cell.given })),
        )
        .with(Given::Texting(TextingStatus::None)),
        mutation(
            Rule::RecordKeepersOfRecord,
            "resendTextingInvitation",
            PATIENT,
            |cell| input(json!({ "patientId": cell.given })),
        )
        .with(Given::Texting(TextingStatus::Pending)),
        mutation(
            Rule::RecordKeepersOfRecord,
            "restartTexting",
            PATIENT,
            |cell| input(json!({ "patientId": cell.given })),
        )
        .with(Given::Texting(TextingStatus::Failed)),
        mutation(
            Rule::RecordKeepersOfRecord,
            "optPatientOutOfTexting",
            PATIENT,
            |cell| input(json!({ "patientId": cell.given })),
        )
        .with(Given::Texting(TextingStatus::Enabled)),
        mutation(
            Rule::RecordKeepersOfRecord,
            "invitePatient",
            "invitation { id } errors { code message }",
            |cell| input(json!({ "patientId": cell.given })),
        )
        .with(Given::Unenrolled),
        mutation(Rule::RecordKeepersOfRecord, "endEnrolment", PATIENT, paul),
    ]
}

fn texts() -> Vec<Operation> {
    let text = "quarantinedText { id } errors { code message }";
    vec![
        mutation(
            Rule::Administrators,
            "setTextGateway",
            "textGateway { id } errors { code message }",
            |cell| {
                let mut digits = cell.unused.bytes().map(|b| char::from(b'0' + b % 10));
                let number: String = digits.by_ref().skip(4).take(15).collect();
                let gateway = json!({ "development": { "keep": true } });
                input(json!({ "gateway": gateway, "numbers": [format!("+{number}")] }))
            },
        ),
        operation(
            Root::Mutation,
            Rule::Administrators,
            "removeTextGateway",
            "",
            " { removed }",
            |_| json!({}),
        ),
        mutation(
            Rule::CliniciansOfRecord,
            "assignQuarantinedText",
            text,
            |cell| input(json!({ "id": cell.given, "patientId": cell.paul })),
        )
        .with(Given::Quarantined),
        mutation(
            Rule::CliniciansHere,
            "dismissQuarantinedText",
            text,
            |cell| input(json!({ "id": cell.given })),
        )
        .with(Given::Quarantined),
        mutation(
            Rule::AdministratorsHere,
            "answerDevelopmentText",
            "accepted",
            |cell| input(json!({ "id": cell.given, "body": canary::message("hello") })),
        )
        .with(Given::DevelopmentText),
    ]
}

fn cases() -> Vec<Operation> {
    let case = "case { id } errors { code message }";
    let change = |field, variables: fn(&Cell) -> Value| {
        mutation(Rule::CliniciansOfRecord, field, case, variables).with(Given::Case)
    };
    vec![
        mutation(Rule::Patients, "openContactRequest", case, |cell| {
            input(json!({ "reason": canary::message("A rash"), "idempotencyKey": cell.unused }))
        }),
        mutation(
            Rule::CliniciansOfRecord,
            "createContactRequest",
            case,
            |cell| {
                let (reason, key) = (canary::message("A rash"), &cell.unused);
                input(
                    json!({ "patientId": cell.paul, "source": "TELEPHONE", "reason": reason, "idempotencyKey": key }),
                )
            },
        ),
        change("changeCaseStatus", |cell| {
            input(json!({ "caseId": cell.given, "status": "IN_PROGRESS" }))
        }),
        change("assignCase", |cell| {
            input(json!({ "caseId": cell.given, "assigneeId": cell.spare }))
        }),
        change("setCasePriority", |cell| {
            input(json!({ "caseId": cell.given, "priority": "HIGH" }))
        }),
        change("setCaseNumber", |cell| {
            input(json!({ "caseId": cell.given, "phone": canary::phone(7) }))
        }),
        change("hideThread", |cell| {
            input(json!({ "caseId": cell.given, "seenPosition": cell.ahead }))
        }),
        change("returnThread", |cell| {
            input(json!({ "caseId": cell.given }))
        }),
    ]
}

fn input(of: Value) -> Value {
    json!({ "input": of })
}

fn paul(cell: &Cell) -> Value {
    input(json!({ "patientId": cell.paul }))
}

fn addressed(cell: &Cell) -> Value {
    input(json!({ "conversationId": cell.given }))
}

fn spare(cell: &Cell) -> Value {
    input(json!({ "staffId": cell.spare }))
}

fn membership(cell: &Cell) -> Value {
    input(json!({ "groupId": cell.group, "patientIds": [cell.paul] }))
}

fn writing(cell: &Cell) -> Value {
    let body = canary::message("Good morning");
    input(json!({ "conversationId": cell.chat, "body": body, "idempotencyKey": cell.unused }))
}

fn template(_: &Cell) -> Value {
    let body = "{{ clinic_name }} wrote to you: {{ link }}";
    input(
        json!({ "purpose": "NEW_CLINIC_MESSAGE", "channel": "SMS", "language": "en", "body": body }),
    )
}

fn another_password() -> String {
    format!("{}-and-8", canary::PASSWORD)
}
