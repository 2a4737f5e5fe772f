//! Reminders from message templates, to one or many patients at once (ANN-1 to ANN-7), now or later (NEW-5).

mod audience;
mod failing;
mod leaving;
pub(crate) mod live;
pub(crate) mod many;
mod missed;
mod refusing;
mod reviewing;
mod timing;

use chrono::{DateTime, Utc};
use entity::{PatientId, PersonId};
use harness::clinic::{Claims, Clinic};
use harness::{canary, run};
use serde_json::{Value, json};
use tidings::dispatch::Dispatcher;
use tidings::domain::clock::Clock;
use tidings::domain::core::Core;

const REMINDER: &str = "reminder { id status recipientCount waitingCount sentCount skippedCount cancelledCount localTime
    template { id } createdBy { id } } replayed errors { code field message }";

pub(crate) const ANNOUNCEMENTS: &str = "query ($id: ID!) { patient(id: $id) { conversations(kinds: [ANNOUNCEMENT]) { nodes { id canWrite
    replies contact { phone } receipts { personId } messages { nodes { title body html author { id } } } } } } }";

pub(crate) const HISTORY: &str = "query ($id: ID!) { patient(id: $id) { communicationHistory { times lastSentAt lastSentBy { id } template {
    id timesSent lastSentAt lastSentBy { id } } } } }";

/// Adds a template with an approved text in each of these languages, the first of which is the source.
pub(crate) async fn template(clinic: &Clinic, texts: &[(&str, &str)]) -> Value {
    let who = clinic.ours.administrator;
    let input = json!({ "name": run::unique_name(), "sourceLanguage": texts[0].0 });
    let payload = "template { id } errors { code }";
    let made = clinic
        .change(who, "createMessageTemplate", payload, input)
        .await;
    let template = made["template"]["id"].clone();
    for (language, text) in texts {
        write(clinic, &template, (language, text), 0).await;
    }
    template
}

/// Writes a text after the version that was seen, and approves it.
pub(crate) async fn write(
    clinic: &Clinic,
    template: &Value,
    (language, text): (&str, &str),
    seen: i32,
) {
    let who = clinic.ours.administrator;
    let input = json!({
        "templateId": template, "language": language, "seenVersion": seen, "title": text, "body": { "plain": text },
    });
    let saved = clinic.mistakes(who, "saveMessageTemplateText", input).await;
    assert_eq!(saved, []);
    let input = json!({ "templateId": template, "language": language, "version": seen + 1 });
    let approved = clinic
        .mistakes(who, "approveMessageTemplateText", input)
        .await;
    assert_eq!(approved, []);
}

/// Adds a patient whom an e-mail reaches, unless `more` says otherwise.
pub(crate) async fn patient(clinic: &Clinic, name: &str, more: Value) -> String {
    let mut given = json!({ "email": canary::address("patient") });
    for (key, value) in more.as_object().unwrap() {
        given[key] = value.clone();
    }
    clinic.patient(&canary::name(name), given).await
}

/// Signs a patient in.
pub(crate) async fn as_patient(clinic: &Clinic, id: &str) -> Claims {
    let id = PatientId::from_public(id).unwrap();
    let person = PersonId::Patient(id);
    clinic.sign_in(clinic.ours.organization, person).await
}

/// Sends a reminder; gives the payload.
pub(crate) async fn send(clinic: &Clinic, who: Claims, input: Value) -> Value {
    clinic.change(who, "sendReminder", REMINDER, input).await
}

/// What a reminder to these patients needs, with what a story changes.
pub(crate) fn to(template: &Value, patients: &[&str], more: Value) -> Value {
    let mut input = json!({ "templateId": template, "patientIds": patients, "idempotencyKey": run::unique_name() });
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    input
}

/// Sends a reminder that is taken; gives its id.
pub(crate) async fn sent(clinic: &Clinic, who: Claims, input: Value) -> Value {
    let payload = send(clinic, who, input).await;
    assert_eq!(payload["errors"], json!([]));
    payload["reminder"]["id"].clone()
}

/// The clinic's node as it is at another time.
pub(crate) fn at(clinic: &Clinic, time: &str) -> Core {
    let time: DateTime<Utc> = DateTime::parse_from_rfc3339(time).unwrap().to_utc();
    Core {
        clock: Clock::new(move || time),
        ..clinic.core.clone()
    }
}

/// Lets leave what is due, and tells how many messages that concerned.
pub(crate) async fn leave(core: &Core) -> usize {
    Dispatcher::new(core.clone()).run_once().await.unwrap()
}

/// Where a reminder stands: its status, and how many wait, were sent, skipped and cancelled.
async fn standing(clinic: &Clinic, who: Claims, reminder: &Value) -> (String, [i64; 4]) {
    let query = "query ($id: ID!) { reminder(id: $id) { status waitingCount sentCount skippedCount cancelledCount } }";
    let found = clinic.ask(who, query, json!({ "id": reminder })).await["reminder"].take();
    let counts = [
        "waitingCount",
        "sentCount",
        "skippedCount",
        "cancelledCount",
    ];
    (
        found["status"].as_str().unwrap().to_owned(),
        counts.map(|count| found[count].as_i64().unwrap()),
    )
}

/// The titles of the announcements that somebody finds at a patient.
pub(crate) async fn titles(clinic: &Clinic, who: Claims, patient: &str) -> Vec<String> {
    let data = clinic
        .ask(who, ANNOUNCEMENTS, json!({ "id": patient }))
        .await;
    let nodes = data["patient"]["conversations"]["nodes"]
        .as_array()
        .unwrap();
    let messages = nodes
        .iter()
        .flat_map(|node| node["messages"]["nodes"].as_array().unwrap());
    messages
        .map(|message| message["title"].as_str().unwrap().to_owned())
        .collect()
}

/// Why a patient was skipped.
async fn reason(clinic: &Clinic, who: Claims, reminder: &Value, patient: &str) -> Value {
    let query = "query ($id: ID!) { reminder(id: $id) { recipients { nodes { patient { id } status reason } } } }";
    let data = clinic.ask(who, query, json!({ "id": reminder })).await;
    let nodes = data["reminder"]["recipients"]["nodes"].as_array().unwrap();
    let found = nodes.iter().find(|node| node["patient"]["id"] == patient);
    found.unwrap()["reason"].clone()
}
