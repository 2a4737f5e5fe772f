//! Texts in the care-team chat (CHAT-1, CHAT-3, TXT-7).

use entity::{PersonId, QuarantineReason, TextPurpose};
use harness::clinic::Clinic;
use harness::{canary, on_both_databases};
use serde_json::json;
use tidings::domain::texts::inbound::Received;

use super::{Desk, patient_id};

on_both_databases! {
    /// What the patient texts and writes, and what staff answer, stands in one conversation in one order, each with its way.
    async fn texts_join_the_one_conversation(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        desk.text(1, &canary::message("by text")).await;
        let answered = desk.send(&eva, json!({ "body": canary::message("answer") })).await;
        assert_eq!((&answered["message"]["channel"], &answered["errors"]), (&json!("SMS"), &json!([])));
        assert_eq!(desk.texts_to(1).await, [TextPurpose::Message, TextPurpose::Enrolment]);
        desk.text(1, &canary::message("again")).await;
        let messages = desk.messages(&eva).await;
        let seen: Vec<_> = messages.iter().map(|m| (m["channel"].as_str().unwrap(), m["author"]["kind"].as_str().unwrap())).collect();
        assert_eq!(seen, [("SMS", "PATIENT"), ("SMS", "STAFF"), ("SMS", "PATIENT")]);
        assert_eq!(desk.chat(&eva).await.1, 2, "unread like any message");
    }

    /// A staff member can choose the way; what cannot be a text goes into the portal, where the patient has one.
    async fn what_cannot_be_a_text_goes_into_the_portal(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        let texts = desk.texts_to(1).await.len();
        let long = canary::message(&"long ".repeat(400));
        let refused = desk.send(&eva, json!({ "body": long })).await;
        assert_eq!(refused["errors"][0]["code"], "NOT_ENROLLED");
        let refused = desk.send(&eva, json!({ "body": canary::message("x"), "channel": "EMAIL" })).await;
        assert_eq!(refused["errors"][0], json!({ "code": "INVALID", "field": ["channel"] }));

        desk.enrol(&eva).await;
        for (input, channel) in [
            (json!({ "body": long, "channel": "SMS" }), "PORTAL"),
            (json!({ "richBody": { "html": format!("<b>{}</b>", canary::message("rich")) }, "channel": "SMS" }), "PORTAL"),
            (json!({ "body": canary::message("short"), "channel": "PORTAL" }), "PORTAL"),
            (json!({ "body": canary::message("short"), "channel": "SMS" }), "SMS"),
            (json!({ "body": canary::message("as they like") }), "PORTAL"),
        ] {
            let sent = desk.send(&eva, input).await;
            assert_eq!(sent["message"]["channel"], channel, "{sent}");
        }
        assert_eq!(desk.texts_to(1).await.len(), texts + 1);
        desk.text(1, &canary::message("thanks")).await;
        let sent = desk.send(&eva, json!({ "body": canary::message("by the way used last") })).await;
        assert_eq!(sent["message"]["channel"], "SMS");
    }

    /// What the patient writes in the portal came by the portal, and answers go back there.
    async fn answers_go_back_the_way_that_was_used_last(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        desk.enrol(&eva).await;
        desk.text(1, &canary::message("by text")).await;
        let own = clinic.sign_in(clinic.ours.organization, PersonId::Patient(patient_id(&eva))).await;
        let (chat, _) = desk.chat(&eva).await;
        let input = json!({ "conversationId": chat, "body": canary::message("in the portal"), "channel": "SMS", "idempotencyKey": "own" });
        let written = clinic.change(own, "sendMessage", "message { channel }", input).await;
        assert_eq!(written["message"]["channel"], "PORTAL", "a patient texts from the phone");
        let sent = desk.send(&eva, json!({ "body": canary::message("answer") })).await;
        assert_eq!(sent["message"]["channel"], "PORTAL");
    }

    /// Nobody guesses whose a text is, and texts go only where their reader is known.
    async fn a_shared_number_is_never_guessed(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        desk.text(1, &canary::message("mine")).await;
        let emil = desk.patient("Emil", 1).await;
        assert_eq!(desk.text(1, &canary::message("whose?")).await, Received::Quarantined(QuarantineReason::SharedNumber));
        assert_eq!(desk.text(9, &canary::message("a stranger")).await, Received::Quarantined(QuarantineReason::UnknownSender));
        assert_eq!(desk.messages(&eva).await.len(), 1);
        assert_eq!(desk.messages(&emil).await.len(), 0);
        assert_eq!(desk.status(&eva).await["obstacles"], json!(["NUMBER_SHARED"]));
        let refused = desk.send(&eva, json!({ "body": canary::message("to whom?"), "channel": "SMS" })).await;
        assert_eq!(refused["errors"][0]["code"], "NOT_ENROLLED");
        assert!(!desk.texts_to(1).await.contains(&TextPurpose::Message));
    }

    /// A text that is not of words stands in the chat as that, and signs that cannot be shown are left out.
    async fn a_picture_is_not_lost_in_silence(clinic: &Clinic) {
        let desk = Desk::open(clinic).await;
        let eva = desk.enabled("Eva", 1).await;
        desk.text(1, " ").await;
        desk.text(1, &format!("a\u{1b}b {}", canary::message("c"))).await;
        let bodies: Vec<_> = desk.messages(&eva).await.iter().map(|message| message["body"].as_str().unwrap().to_owned()).collect();
        assert!(bodies[0].contains("without words"));
        assert_eq!(bodies[1], format!("ab {}", canary::message("c")));
    }
}
