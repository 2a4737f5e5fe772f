//! What notification texts were before, and who changed them (SEC-7).

use harness::clinic::{Clinic, public_id};
use harness::on_both_databases;
use serde_json::{Value, json};

const CHANGES: &str = "query Q($purpose: NotificationPurpose, $channel: NotificationChannel, $language: String, $first: Int, $after: String) {
    notificationTemplateChanges(purpose: $purpose, channel: $channel, language: $language, first: $first, after: $after) {
        nodes { kind purpose channel language subjectBefore bodyBefore changedBy { id } changedAt }
        pageInfo { hasNextPage endCursor } } }";

async fn changes(clinic: &Clinic, variables: Value) -> Value {
    let data = clinic
        .ask(clinic.ours.administrator, CHANGES, variables)
        .await;
    data["notificationTemplateChanges"].clone()
}

async fn save(clinic: &Clinic, language: &str, body: &str) {
    let input = json!({ "purpose": "NEW_CLINIC_MESSAGE", "channel": "SMS", "language": language, "body": body });
    let name = "saveNotificationTemplate";
    let mistakes = clinic
        .mistakes(clinic.ours.administrator, name, input)
        .await;
    assert_eq!(mistakes, []);
}

async fn reset(clinic: &Clinic, language: &str) {
    let input = json!({ "purpose": "NEW_CLINIC_MESSAGE", "channel": "SMS", "language": language });
    let name = "resetNotificationTemplate";
    let mistakes = clinic
        .mistakes(clinic.ours.administrator, name, input)
        .await;
    assert_eq!(mistakes, []);
}

/// What a change says, without what is the same for all of them here.
fn told(change: &Value) -> (&str, &str, Option<&str>) {
    let word = |name: &str| change[name].as_str().unwrap();
    (
        word("kind"),
        word("language"),
        change["bodyBefore"].as_str(),
    )
}

on_both_databases! {
    async fn a_change_keeps_what_was_before(clinic: &Clinic) {
        let shipped = "query Q { notificationTemplates(purpose: NEW_CLINIC_MESSAGE, language: \"en\") { channel body } }";
        let data = clinic.ask(clinic.ours.administrator, shipped, json!({})).await;
        let shipped = data["notificationTemplates"].as_array().unwrap().iter().find(|text| text["channel"] == "SMS");
        let shipped = shipped.unwrap()["body"].as_str().unwrap();
        reset(clinic, "en").await;
        assert_eq!(changes(clinic, json!({})).await["nodes"], json!([]), "nothing was changed");
        save(clinic, "en", "One: {{ link }}").await;
        save(clinic, "en", "Two: {{ link }}").await;
        save(clinic, "nl", "Een: {{ link }}").await;
        reset(clinic, "EN").await;
        reset(clinic, "en").await;

        let all = changes(clinic, json!({})).await;
        let nodes = all["nodes"].as_array().unwrap();
        assert_eq!(
            nodes.iter().map(told).collect::<Vec<_>>(),
            [
                ("RESET", "en", Some("Two: {{ link }}")),
                ("SAVED", "nl", None),
                ("SAVED", "en", Some("One: {{ link }}")),
                ("SAVED", "en", Some(shipped)),
            ]
        );
        for change in nodes {
            assert_eq!(change["changedBy"]["id"], public_id(clinic.ours.administrator));
            assert!(change["changedAt"].is_string() && change["subjectBefore"].is_null());
            assert_eq!((&change["purpose"], &change["channel"]), (&json!("NEW_CLINIC_MESSAGE"), &json!("SMS")));
        }
        let dutch = changes(clinic, json!({ "language": "NL", "purpose": "NEW_CLINIC_MESSAGE", "channel": "SMS" })).await;
        assert_eq!(dutch["nodes"].as_array().unwrap().len(), 1);
        assert_eq!(changes(clinic, json!({ "channel": "EMAIL" })).await["nodes"], json!([]));
        let first = changes(clinic, json!({ "first": 3 })).await;
        assert_eq!(first["pageInfo"]["hasNextPage"], true);
        let rest = changes(clinic, json!({ "after": first["pageInfo"]["endCursor"] })).await;
        assert_eq!(rest["nodes"].as_array().unwrap().iter().map(told).collect::<Vec<_>>(), [("SAVED", "en", Some(shipped))]);
        let theirs = clinic.ask(clinic.theirs.administrator, CHANGES, json!({})).await;
        assert_eq!(theirs["notificationTemplateChanges"]["nodes"], json!([]));
    }

    async fn a_text_that_is_refused_leaves_no_trace(clinic: &Clinic) {
        let input = json!({ "purpose": "NEW_CLINIC_MESSAGE", "channel": "SMS", "language": "en", "body": "{{ patient_name }} {{ link }}" });
        let mistakes = clinic.mistakes(clinic.ours.administrator, "saveNotificationTemplate", input).await;
        assert_eq!(mistakes, [("UNKNOWN_PLACEHOLDER".to_owned(), "body".to_owned())]);
        assert_eq!(changes(clinic, json!({})).await["nodes"], json!([]));
    }
}
