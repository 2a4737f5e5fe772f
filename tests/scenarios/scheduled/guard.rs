//! A scheduled message that somebody has overtaken: it is held back until it is confirmed (NEW-2).

use harness::clinic::{Claims, Clinic, public_id};
use harness::{canary, on_both_databases, run};
use serde_json::{Value, json};

use super::{begun, later, schedule, standing};
use crate::reminders::{as_patient, at, leave};

const DUE: &str = "2027-02-01T07:00:00Z";

/// How far somebody has seen the log who looks at the conversation now.
async fn looked_at(clinic: &Clinic, who: Claims, conversation: &Value) -> Value {
    let query = "query ($id: ID!) { conversation(id: $id) { position } }";
    let data = clinic.ask(who, query, json!({ "id": conversation })).await;
    data["conversation"]["position"].clone()
}

async fn write(clinic: &Clinic, who: Claims, conversation: &Value, text: &str) {
    let input = json!({ "conversationId": conversation, "body": canary::message(text), "idempotencyKey": run::unique_name() });
    assert_eq!(clinic.mistakes(who, "sendMessage", input).await, []);
}

/// A message for later whose author has seen all there is now.
async fn guarded(clinic: &Clinic, who: Claims, conversation: &Value) -> Value {
    let seen = json!({ "seenPosition": looked_at(clinic, who, conversation).await });
    schedule(clinic, who, later(conversation, "2027-02-01T09:00", seen)).await["id"].clone()
}

/// The authors of a conversation's messages.
async fn authors(clinic: &Clinic, who: Claims, conversation: &Value) -> Vec<Value> {
    let query =
        "query ($id: ID!) { conversation(id: $id) { messages { nodes { author { id } } } } }";
    let data = clinic.ask(who, query, json!({ "id": conversation })).await;
    let nodes = data["conversation"]["messages"]["nodes"]
        .as_array()
        .unwrap();
    nodes
        .iter()
        .map(|node| node["author"]["id"].clone())
        .collect()
}

on_both_databases! {
    /// The patient has written since its author looked: it may answer what is not asked any more, so it waits for somebody
    /// who has read that. Without a guard it leaves whatever has been written.
    async fn what_the_patient_wrote_since_holds_it_back(clinic: &Clinic) {
        let (nora, eva, conversation) = begun(clinic).await;
        let held = guarded(clinic, nora, &conversation).await;
        schedule(clinic, nora, later(&conversation, "2027-02-01T09:00", json!({}))).await;
        write(clinic, as_patient(clinic, &eva).await, &conversation, "I am well again").await;
        assert_eq!(leave(&at(clinic, DUE)).await, 2);
        assert_eq!(standing(clinic, nora, &conversation).await, (vec!["HELD".to_owned(), "SENT".to_owned()], 3));
        assert_eq!(leave(&at(clinic, "2027-03-01T07:00:00Z")).await, 0, "it does not leave by itself");

        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        let confirm = json!({ "scheduledMessageId": held, "seenPosition": looked_at(clinic, nils, &conversation).await });
        assert_eq!(clinic.mistakes(nils, "releaseScheduledMessage", confirm.clone()).await, []);
        assert_eq!(leave(&at(clinic, DUE)).await, 1);
        assert_eq!(standing(clinic, nora, &conversation).await, (vec!["SENT".to_owned(), "SENT".to_owned()], 4));
        assert_eq!(authors(clinic, nora, &conversation).await[3], json!(public_id(nora)), "a colleague confirms, and it stays hers");
        assert_eq!(clinic.mistakes(nils, "releaseScheduledMessage", confirm).await, [("WRONG_STATE".to_owned(), String::new())]);
    }

    /// A colleague's answer since holds it back as well; one's own words and notes do not.
    async fn a_colleagues_answer_holds_it_back_and_ones_own_does_not(clinic: &Clinic) {
        let (nora, _, conversation) = begun(clinic).await;
        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        guarded(clinic, nora, &conversation).await;
        write(clinic, nora, &conversation, "One more thing").await;
        let note = json!({ "conversationId": conversation, "body": canary::message("Note"), "idempotencyKey": run::unique_name() });
        assert_eq!(clinic.mistakes(nils, "addNote", note).await, []);
        assert_eq!(leave(&at(clinic, DUE)).await, 1);
        assert_eq!(standing(clinic, nora, &conversation).await.0, ["SENT"]);

        guarded(clinic, nora, &conversation).await;
        write(clinic, nils, &conversation, "I have answered").await;
        leave(&at(clinic, DUE)).await;
        assert_eq!(standing(clinic, nora, &conversation).await.0, ["HELD", "SENT"]);
    }

    /// Whoever confirms has seen what there was; what comes after that holds it back again, and it can still be cancelled.
    async fn a_confirmation_that_is_overtaken_does_not_count(clinic: &Clinic) {
        let (nora, eva, conversation) = begun(clinic).await;
        let own = as_patient(clinic, &eva).await;
        let held = guarded(clinic, nora, &conversation).await;
        let waiting = json!({ "scheduledMessageId": held, "seenPosition": looked_at(clinic, nora, &conversation).await });
        assert_eq!(clinic.mistakes(nora, "releaseScheduledMessage", waiting).await[0].0, "WRONG_STATE", "it is not held back yet");
        write(clinic, own, &conversation, "First").await;
        leave(&at(clinic, DUE)).await;
        let seen = looked_at(clinic, nora, &conversation).await;
        write(clinic, own, &conversation, "Second").await;
        let confirm = json!({ "scheduledMessageId": held, "seenPosition": seen });
        assert_eq!(clinic.mistakes(nora, "releaseScheduledMessage", confirm).await, []);
        assert_eq!(leave(&at(clinic, DUE)).await, 1);
        assert_eq!(standing(clinic, nora, &conversation).await, (vec!["HELD".to_owned()], 3));
        assert_eq!(clinic.mistakes(nora, "cancelScheduledMessage", json!({ "scheduledMessageId": held })).await, []);
        assert_eq!(standing(clinic, nora, &conversation).await.0, ["CANCELLED"]);
    }

    /// A colleague had answered before it was scheduled: that is said at once, as for any reply.
    async fn a_colleagues_answer_is_told_when_it_is_scheduled(clinic: &Clinic) {
        let (nora, eva, conversation) = begun(clinic).await;
        let nils = clinic.staff("Nils", &["CLINICIAN"]).await;
        let seen = looked_at(clinic, nora, &conversation).await;
        write(clinic, as_patient(clinic, &eva).await, &conversation, "May I eat?").await;
        write(clinic, nils, &conversation, "Yes").await;
        let mut input = later(&conversation, "2027-02-01T09:00", json!({ "seenPosition": seen }));
        let payload = "scheduledMessage { id } position missed { body } errors { code field }";
        let held = clinic.change(nora, "scheduleMessage", payload, input.clone()).await;
        assert_eq!(held["errors"], json!([{ "code": "ANSWERED_MEANWHILE", "field": ["seenPosition"] }]));
        assert_eq!(held["missed"], json!([{ "body": canary::message("Yes") }]));
        assert_eq!(held["scheduledMessage"], Value::Null);
        input["seenPosition"] = held["position"].clone();
        let confirmed = clinic.change(nora, "scheduleMessage", payload, input).await;
        assert_eq!((&confirmed["errors"], &confirmed["missed"]), (&json!([]), &json!([])));
        leave(&at(clinic, DUE)).await;
        assert_eq!(standing(clinic, nora, &conversation).await, (vec!["SENT".to_owned()], 4));
    }
}
