//! The preset `CLINIC_FIRST`, as a clinic that works this way describes it.

use chrono::TimeDelta;
use harness::canary;
use harness::on_both_databases;
use harness::patience::{self, PATIENCE};
use harness::world::World;
use serde_json::json;

use super::{BEGIN, begin, codes, seen, set_status, to_paul};

async fn preset(world: &World) {
    let apply = "mutation { applyPreset(input: { preset: CLINIC_FIRST }) { errors { code } } }";
    assert_eq!(
        world
            .ask("Ada", apply, json!({}))
            .await
            .field("applyPreset")["errors"],
        json!([])
    );
}

/// The text of the newest that was sent by a channel.
async fn sent(world: &World, channel: &str) -> String {
    let outbox = "{ developmentOutbox(first: 100) { nodes { channel text } } }";
    let text = patience::until(PATIENCE, "something that is sent", async || {
        world.node.app.worker.run_once().await.unwrap();
        let data = world.data("Ada", outbox, json!({})).await;
        let all = data["developmentOutbox"]["nodes"]
            .as_array()
            .unwrap()
            .clone();
        let one = all.into_iter().find(|one| one["channel"] == channel)?;
        Some(one["text"].as_str().unwrap().to_owned())
    })
    .await;
    canary::remember(
        canary::Secret::Link,
        text.rsplit('/').next().unwrap().trim(),
    );
    text
}

on_both_databases! {
    /// "Only your clinic can send the first message. Patients can then reply if you allow them to. When you close the
    /// conversation, patients can no longer respond." There is no chat and nothing else.
    async fn only_the_clinic_writes_first_and_the_patient_replies_if_allowed(world: &World) {
        preset(world).await;
        assert_eq!(codes(&world.send("Paul", world.chat, "first").await["errors"]), ["PORTAL_CHAT_OFF"]);
        let answer = world.ask("Paul", BEGIN, json!({ "input": to_paul(world) })).await;
        assert_eq!(answer.codes(), ["FORBIDDEN"]);

        let payload = begin(world, "Nora", to_paul(world)).await;
        let id = entity::ConversationId::from_public(payload["conversation"]["id"].as_str().unwrap()).unwrap();
        assert_eq!(payload["conversation"]["replies"], "WHILE_OPEN", "the clinic's rule pre-sets it");
        assert_eq!(world.send("Paul", id, "thank you").await["errors"], json!([]));
        set_status(world, "Nora", "closeConversation", id).await;
        assert_eq!(codes(&world.send("Paul", id, "one more thing").await["errors"]), ["CONVERSATION_CLOSED"]);

        let mut input = to_paul(world);
        input["allowReply"] = json!(false);
        let payload = begin(world, "Nora", input).await;
        let id = entity::ConversationId::from_public(payload["conversation"]["id"].as_str().unwrap()).unwrap();
        assert_eq!(codes(&world.send("Paul", id, "no").await["errors"]), ["REPLIES_NOT_ALLOWED"]);
    }

    /// "To include other users, click To and select them; the patient is automatically added. Type a subject. Format the text
    /// with bold, italics, strikethrough, tables and alignment; type a web address and it is a link."
    async fn the_message_has_recipients_a_subject_and_formatted_text(world: &World) {
        preset(world).await;
        let words = canary::message("Dear Paul");
        let html = format!(
            "<p style=\"text-align:center\"><b>{words}</b> <i>{words}</i> <s>{words}</s></p>\
             <table><tbody><tr><td>{words}</td></tr></tbody></table><p>See https://clinic.example/results</p>"
        );
        let mut input = to_paul(world);
        input["to"] = json!([world.staff("Dora").to_public()]);
        input["body"] = json!({ "html": html });
        let payload = begin(world, "Nora", input).await;
        let stored = payload["message"]["html"].as_str().unwrap();
        for kept in ["<b>", "<i>", "<s>", "<table>", "text-align:center", "href=\"https://clinic.example/results\""] {
            assert!(stored.contains(kept), "{kept} in {stored}");
        }
        let id = entity::ConversationId::from_public(payload["conversation"]["id"].as_str().unwrap()).unwrap();
        for name in ["Dora", "Paul"] {
            assert_eq!(seen(world, name, id).await["title"], canary::message("Your results"), "{name}");
        }
    }

    /// "The message is sent to the patient, and the patient is notified through email or text message", with the clinic's own
    /// words around the link.
    async fn the_patient_is_notified_by_email_or_text_in_the_clinics_words(world: &World) {
        preset(world).await;
        let save = "mutation ($input: SaveNotificationTemplateInput!) { saveNotificationTemplate(input: $input) { errors { code } } }";
        let own = json!({ "purpose": "NEW_CLINIC_MESSAGE", "channel": "EMAIL", "language": "en",
            "subject": "{{ clinic_name }} has written", "body": "Please look here: {{ link }}" });
        assert_eq!(world.ask("Ada", save, json!({ "input": own })).await.field("saveNotificationTemplate")["errors"], json!([]));
        begin(world, "Nora", to_paul(world)).await;
        world.hands.advance(TimeDelta::minutes(3));
        let text = sent(world, "EMAIL").await;
        assert!(text.starts_with("Please look here: http"), "{text}");
        assert!(!text.contains(&canary::message("All is well")), "the mail holds nothing of the message");

        let phone = json!({ "id": world.patient("Paul").to_public(), "phone": canary::phone(7) });
        let change = "mutation ($id: ID!, $phone: String) { updatePatient(input: { patientId: $id, phone: $phone, email: null }) { errors { code } } }";
        assert_eq!(world.ask("Nora", change, phone).await.field("updatePatient")["errors"], json!([]));
        begin(world, "Nora", to_paul(world)).await;
        world.hands.advance(TimeDelta::minutes(3));
        assert!(sent(world, "SMS").await.contains("/l/"));
    }
}
