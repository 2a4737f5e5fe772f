//! What the gateway reports of texts: early, doubled, in any order, and forged.

use entity::{NotificationStatus, TextFailure, TextState};
use harness::on_both_databases;
use harness::patience::{PATIENCE, until};
use harness::twilio::Behaviour;
use serde_json::json;

use super::office::Office;

const TEXTS: &str = "query ($id: ID!) { conversation(id: $id) { messages(last: 1) { nodes { texts { state reason explanation segments direction } } } } }";

const WATCH: &str = "subscription ($id: ID!, $after: Position) { conversationEvents(conversationId: $id, after: $after) { __typename
    ... on TextMoved { message { id texts { state reason } } } ... on MessagePosted { message { id } } } }";

on_both_databases! {
    /// Staff see how far each text has come, and why it did not arrive, live and when they look; the patient sees nothing of it.
    async fn staff_see_how_far_a_text_has_come(office: &Office) {
        let world = &office.world;
        let message = office.nurse_writes().await;
        let text = office.taken_text(&message).await;
        let (nils, paul) = (world.connect("Nils").await, world.connect("Paul").await);
        let variables = json!({ "id": world.chat.to_public() });
        let watched = json!({ "id": variables["id"], "after": world.head().await });
        let mut staff = nils.subscribe(WATCH, watched.clone()).await;
        let mut patient = paul.subscribe(WATCH, watched).await;
        assert_eq!(office.twilio.report(&text, "undelivered", Some(30005)).await, 204);
        let moved = json!({ "state": "FAILED", "reason": "UNKNOWN_SUBSCRIBER" });
        let told = staff.next().await["conversationEvents"].clone();
        assert_eq!(told["__typename"], "TextMoved", "{told}");
        assert_eq!(told["message"], json!({ "id": message["id"], "texts": [moved] }));
        let texts = world.data("Nora", TEXTS, variables.clone()).await["conversation"]["messages"]["nodes"][0]["texts"].clone();
        assert_eq!((&texts[0]["segments"], &texts[0]["direction"]), (&json!(1), &json!("OUTBOUND")));
        assert!(texts[0]["explanation"].as_str().unwrap().contains("not in use any more"));
        let seen = world.data("Paul", TEXTS, variables).await["conversation"]["messages"]["nodes"][0]["texts"].clone();
        assert_eq!(seen, json!([]));
        let next = world.send("Nora", world.chat, "Another").await;
        let told = patient.next().await["conversationEvents"].clone();
        assert_eq!(told["message"]["id"], next["message"]["id"], "nothing came before it");
    }

    /// A report that comes before the gateway has said what it calls the text finds the text all the same.
    async fn a_report_may_come_before_the_answer(office: &Office) {
        office.twilio.behave(Behaviour::ReportFirst);
        office.nurse_writes().await;
        let handed = office.twilio.until(1).await;
        until(PATIENCE, "the gateway's own name", async || {
            let text = office.texts().await.pop()?;
            let name = text.provider_message_id.filter(|name| name.reveal() == handed[0].sid);
            name.map(|_| assert_eq!(text.state, TextState::Delivered))
        })
        .await;
    }

    /// Doubled, late and backward reports change nothing, and neither does an old one that is played again.
    async fn a_text_only_moves_forward(office: &Office) {
        office.nurse_writes().await;
        let text = office.twilio.until(1).await.remove(0);
        office.until_text(TextState::Sent).await;
        for (status, code, state) in [
            ("sent", None, TextState::Sent),
            ("delivered", None, TextState::Delivered),
            ("delivered", None, TextState::Delivered),
            ("sent", None, TextState::Delivered),
            ("undelivered", Some(30003), TextState::Delivered),
            ("queued", None, TextState::Delivered),
            ("something new", None, TextState::Delivered),
        ] {
            assert_eq!(office.twilio.report(&text, status, code).await, 204, "{status}");
            let row = office.texts().await.pop().unwrap();
            assert_eq!((row.state, row.reason), (state, None), "{status}");
        }
        let moment = office.texts().await.pop().unwrap().changed_at;
        office.world.hands.advance(chrono::TimeDelta::days(1));
        assert_eq!(office.twilio.report(&text, "delivered", None).await, 204);
        assert_eq!(office.texts().await.pop().unwrap().changed_at, moment);
    }

    /// A notification whose text did not arrive ends among the dead letters, although the gateway had taken it.
    async fn a_text_that_did_not_arrive_leaves_a_dead_letter(office: &Office) {
        office.nurse_writes().await;
        let text = office.twilio.until(1).await.remove(0);
        office.until_text(TextState::Sent).await;
        office.twilio.report(&text, "undelivered", Some(30006)).await;
        let row = office.until_text(TextState::Failed).await;
        assert_eq!(row.reason, Some(TextFailure::Landline));
        let notifications = office.notifications().await;
        let dead = notifications.iter().find(|one| Some(one.id) == row.notification_id).unwrap();
        assert_eq!((dead.status, dead.last_error.as_deref()), (NotificationStatus::Dead, Some("twilio 30006")));
    }

    /// A report of another gateway, or about a text under another name, changes nothing.
    async fn a_report_about_somebody_elses_text_changes_nothing(office: &Office) {
        office.nurse_writes().await;
        let mut text = office.twilio.until(1).await.remove(0);
        office.until_text(TextState::Sent).await;
        text.sid = "SMother".to_owned();
        assert_eq!(office.twilio.report(&text, "delivered", None).await, 204);
        assert_eq!(office.texts().await.pop().unwrap().state, TextState::Sent);
    }
}
