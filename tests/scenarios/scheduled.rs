//! Messages that leave at a later time (NEW-5).

mod beginning;
mod files;
mod guard;
mod listed;
mod migrated;
pub(crate) mod stopped;
mod told;

use entity::scheduled_message;
use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, on_both_databases, run};
use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::{Value, json};
use tidings::dispatch::Dispatcher;

use crate::reminders::{as_patient, at, leave, patient, sent, template, titles, to};

const SCHEDULED: &str = "scheduledMessage { id status dueAt timeZone localTime author { id } body } replayed errors { code field message }";

const LIST: &str = "query ($id: ID!) { scheduledMessages(conversationId: $id) { nodes { id status refusal messageId } }
    conversation(id: $id) { messages { nodes { id body author { id } } } } }";

/// A nurse, a patient in Helsinki, and an open secure message between them.
async fn begun(clinic: &Clinic) -> (Claims, String, Value) {
    let nora = clinic.staff("Nora", &["CLINICIAN"]).await;
    let eva = patient(clinic, "Eva", json!({ "timeZone": "Europe/Helsinki" })).await;
    let input = json!({
        "patientId": eva, "title": canary::message("Results"), "body": { "plain": canary::message("All is well") },
        "idempotencyKey": run::unique_name(),
    });
    let payload = "conversation { id } errors { code }";
    let begun = clinic
        .change(nora, "beginSecureMessage", payload, input)
        .await;
    (nora, eva, begun["conversation"]["id"].clone())
}

fn later(conversation: &Value, time: &str, more: Value) -> Value {
    let mut input = json!({
        "conversationId": conversation, "body": canary::message("See you soon"), "localTime": time,
        "idempotencyKey": run::unique_name(),
    });
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    input
}

async fn schedule(clinic: &Clinic, who: Claims, input: Value) -> Value {
    let payload = clinic
        .change(who, "scheduleMessage", SCHEDULED, input)
        .await;
    assert_eq!(payload["errors"], json!([]));
    payload["scheduledMessage"].clone()
}

/// Where the scheduled messages of a conversation stand, and how many messages it has.
async fn standing(clinic: &Clinic, who: Claims, conversation: &Value) -> (Vec<String>, usize) {
    let data = clinic.ask(who, LIST, json!({ "id": conversation })).await;
    let nodes = data["scheduledMessages"]["nodes"].as_array().unwrap();
    // What was scheduled in the same moment has no order.
    let word = |node: &Value| {
        let refusal = node["refusal"]
            .as_str()
            .map(|refusal| format!(" {refusal}"));
        format!(
            "{}{}",
            node["status"].as_str().unwrap(),
            refusal.unwrap_or_default()
        )
    };
    let messages = data["conversation"]["messages"]["nodes"]
        .as_array()
        .unwrap()
        .len();
    let mut words: Vec<_> = nodes.iter().map(word).collect();
    words.sort();
    (words, messages)
}

on_both_databases! {
    async fn a_message_leaves_at_its_time_as_its_authors(clinic: &Clinic) {
        let (nora, eva, conversation) = begun(clinic).await;
        let input = later(&conversation, "2027-02-01T09:00", json!({}));
        let waiting = schedule(clinic, nora, input.clone()).await;
        assert_eq!((&waiting["status"], &waiting["timeZone"]), (&json!("WAITING"), &json!("Europe/Helsinki")));
        assert_eq!(waiting["dueAt"], json!("2027-02-01T07:00:00+00:00"));
        let again = clinic.change(nora, "scheduleMessage", SCHEDULED, input.clone()).await;
        assert_eq!((&again["scheduledMessage"]["id"], &again["replayed"]), (&waiting["id"], &json!(true)));
        for (field, value) in [("body", json!(canary::message("Another"))), ("timeZone", json!("Europe/Madrid")), ("allowReply", json!(false))] {
            let mut other = input.clone();
            other[field] = value;
            let (code, ..) = &clinic.mistakes(nora, "scheduleMessage", other).await[0];
            assert_eq!(code, "IDEMPOTENCY_KEY_REUSED", "{field}");
        }
        let elsewhere = json!({ "timeZone": "America/New_York" });
        let there = schedule(clinic, nora, later(&conversation, "2027-02-01T09:00", elsewhere)).await;
        assert_eq!(there["dueAt"], json!("2027-02-01T14:00:00+00:00"));

        assert_eq!(leave(&at(clinic, "2027-02-01T06:59:00Z")).await, 0);
        let own = as_patient(clinic, &eva).await;
        let query = "query ($id: ID!) { conversation(id: $id) { messages { nodes { body author { id } } } } }";
        let seen = clinic.ask(own, query, json!({ "id": conversation })).await;
        assert_eq!(seen["conversation"]["messages"]["nodes"].as_array().unwrap().len(), 1, "the patient sees it when it has left");
        let (a, b) = (at(clinic, "2027-02-01T07:00:00Z"), at(clinic, "2027-02-01T07:00:00Z"));
        let (a, b) = tokio::join!(leave(&a), leave(&b));
        assert_eq!(a + b, 1, "of two nodes one sends it");
        assert_eq!(standing(clinic, nora, &conversation).await, (vec!["SENT".to_owned(), "WAITING".to_owned()], 2));
        let seen = clinic.ask(own, query, json!({ "id": conversation })).await;
        let messages = seen["conversation"]["messages"]["nodes"].as_array().unwrap();
        let sent = messages.iter().find(|message| message["body"] == canary::message("See you soon")).unwrap();
        assert_eq!(sent["author"]["id"], json!(public_id(nora)));
    }

    async fn a_message_can_be_cancelled_until_it_leaves(clinic: &Clinic) {
        let (nora, _, conversation) = begun(clinic).await;
        let colleague = clinic.staff("Nils", &["CLINICIAN"]).await;
        let waiting = schedule(clinic, nora, later(&conversation, "2027-02-01T09:00", json!({}))).await;
        let cancel = json!({ "scheduledMessageId": waiting["id"] });
        assert_eq!(clinic.mistakes(colleague, "cancelScheduledMessage", cancel.clone()).await, []);
        assert_eq!(leave(&at(clinic, "2027-02-02T09:00:00Z")).await, 0);
        assert_eq!(standing(clinic, nora, &conversation).await, (vec!["CANCELLED".to_owned()], 1));
        assert_eq!(clinic.mistakes(nora, "cancelScheduledMessage", cancel).await, [("WRONG_STATE".to_owned(), String::new())]);
    }

    async fn what_cannot_be_sent_any_more_says_why(clinic: &Clinic) {
        let (nora, eva, conversation) = begun(clinic).await;
        schedule(clinic, nora, later(&conversation, "2027-02-01T09:00", json!({ "expiresAt": "2027-02-01T12:00:00Z" }))).await;
        assert_eq!(leave(&at(clinic, "2027-02-01T12:00:00Z")).await, 1);
        schedule(clinic, nora, later(&conversation, "2027-02-01T09:00", json!({}))).await;
        assert_eq!(clinic.mistakes(nora, "closeConversation", json!({ "conversationId": conversation })).await, []);
        leave(&at(clinic, "2027-02-01T12:00:00Z")).await;
        assert_eq!(clinic.mistakes(nora, "scheduleMessage", later(&conversation, "2027-02-01T09:00", json!({}))).await[0].0, "CONVERSATION_CLOSED");
        assert_eq!(clinic.mistakes(nora, "reopenConversation", json!({ "conversationId": conversation })).await, []);
        schedule(clinic, nora, later(&conversation, "2027-02-01T09:00", json!({}))).await;
        let locked_out = json!({ "patientId": eva, "portalAllowed": false });
        assert_eq!(clinic.mistakes(clinic.ours.administrator, "updatePatient", locked_out).await, []);
        leave(&at(clinic, "2027-02-01T12:00:00Z")).await;
        let expected = ["EXPIRED", "REFUSED CONVERSATION_CLOSED", "REFUSED PATIENT_PORTAL_ACCESS_MISSING"];
        assert_eq!(standing(clinic, nora, &conversation).await, (expected.map(str::to_owned).to_vec(), 1));
    }

    /// A row that cannot be read is no reason for the others to wait.
    async fn what_fails_does_not_hold_the_others_up(clinic: &Clinic) {
        let (nora, eva, conversation) = begun(clinic).await;
        for _ in 0..8 {
            schedule(clinic, nora, later(&conversation, "2027-02-01T09:00", json!({}))).await;
        }
        scheduled_message::Entity::update_many()
            .col_expr(scheduled_message::Column::Body, Expr::value(None::<String>))
            .exec(clinic.core.store.writer())
            .await
            .unwrap();
        schedule(clinic, nora, later(&conversation, "2027-02-01T09:01", json!({}))).await;
        let template = template(clinic, &[("en", "Your test")]).await;
        let time = json!({ "localTime": "2027-02-01T09:00" });
        sent(clinic, nora, to(&template, &[&eva], time)).await;
        let due = Dispatcher::new(at(clinic, "2027-02-01T07:01:00Z"));
        assert!(due.run_once().await.is_err(), "the failure is told");
        assert_eq!(titles(clinic, nora, &eva).await.len(), 1, "the reminder has left");
        assert_eq!(due.run_once().await.unwrap(), 1, "those that failed rest");
        let (standing, messages) = standing(clinic, nora, &conversation).await;
        assert_eq!((standing[0].as_str(), standing.len(), messages), ("SENT", 9, 2));
    }

    async fn times_that_cannot_be_are_refused(clinic: &Clinic) {
        let (nora, _, conversation) = begun(clinic).await;
        for (time, more, code, field) in [
            ("2027-01-15T09:59", json!({}), "TIME_PASSED", "localTime"),
            ("2027-03-28T03:30", json!({}), "TIME_DOES_NOT_EXIST", "localTime"),
            ("2029-01-01T09:00", json!({}), "OUT_OF_RANGE", "localTime"),
            ("2027-02-01T09:00", json!({ "timeZone": "Mars/Olympus" }), "INVALID", "timeZone"),
            ("2027-02-01T09:00", json!({ "expiresAt": "2027-02-01T07:00:00Z" }), "TIME_PASSED", "expiresAt"),
            ("2027-02-01T09:00", json!({ "body": " " }), "BLANK", "body"),
        ] {
            let mistakes = clinic.mistakes(nora, "scheduleMessage", later(&conversation, time, more)).await;
            assert_eq!(mistakes, [(code.to_owned(), field.to_owned())], "{time}");
        }
        // Where the clocks stay as they are, the same time exists; of the hour that comes twice the first counts.
        schedule(clinic, nora, later(&conversation, "2027-03-28T03:30", json!({ "timeZone": "Africa/Nairobi" }))).await;
        let twice = schedule(clinic, nora, later(&conversation, "2027-10-31T03:30", json!({}))).await;
        assert_eq!(twice["dueAt"], json!("2027-10-31T00:30:00+00:00"));
        clinic.set(json!({ "scheduling": false })).await;
        let mistakes = clinic.mistakes(nora, "scheduleMessage", later(&conversation, "2027-02-01T09:00", json!({}))).await;
        assert_eq!(mistakes, [("SCHEDULING_OFF".to_owned(), "localTime".to_owned())]);
    }
}
