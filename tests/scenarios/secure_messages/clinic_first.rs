//! The preset `CLINIC_FIRST`, as a clinic that works this way describes it.

use chrono::TimeDelta;
use harness::canary;
use harness::on_both_databases;
use harness::patience::{self, PATIENCE};
use harness::run;
use harness::tus::Sender;
use harness::world::World;
use serde_json::json;

use super::{BEGIN, begin, codes, seen, set_status, to_paul};
use crate::attachments::documents::document;

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

    /// "To attach chart information or other files: select Upload from your computer or Attach a file of the patient. If choosing
    /// Attach a file, you can choose multiple attachments from a variety of places within the patient chart." "If you cannot find
    /// the item, confirm that you have the correct date range set."
    async fn files_are_uploaded_or_chosen_from_the_chart(world: &World) {
        preset(world).await;
        let nora = Sender::new(world, &world.node, "Nora");
        let paul = world.patient("Paul").to_public();
        for (name, kind, day) in [("scan.txt", "IMAGE", "2026-03-01"), ("blood.txt", "LAB_RESULT", "2026-05-02"), ("old.txt", "LETTER", "2019-01-01")] {
            let upload = nora.upload(&paul, name, name.as_bytes()).await;
            document(world, "Nora", "Paul", &upload, json!({ "kind": kind, "date": day })).await;
        }
        // The chart is looked through by date, and several documents are chosen at once.
        let chart = "query ($id: ID!) { chartDocuments(patientId: $id, from: \"2026-01-01\", to: \"2026-12-31\") { nodes { id attachment { fileName } } } }";
        let found = world.data("Nora", chart, json!({ "id": paul })).await["chartDocuments"]["nodes"].take();
        let chosen: Vec<_> = found.as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
        assert_eq!(chosen.len(), 2, "what is older is outside the range");
        let own = nora.upload(&paul, "from my computer.txt", b"mine").await;
        let mut input = to_paul(world);
        input["attachmentIds"] = json!([own]);
        input["chartDocumentIds"] = json!(chosen);
        let payload = begin(world, "Nora", input).await;
        assert_eq!(payload["errors"], json!([]));
        let query = "query ($id: ID!) { conversation(id: $id) { messages { nodes { attachments { fileName downloadUrl } } } } }";
        let seen = world.data("Paul", query, json!({ "id": payload["conversation"]["id"] })).await;
        let files = seen["conversation"]["messages"]["nodes"][0]["attachments"].as_array().unwrap().clone();
        let mut names: Vec<_> = files.iter().map(|file| file["fileName"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, ["blood.txt", "from my computer.txt", "scan.txt"].map(canary::name));
    }

    /// "Patients cannot upload any attachments to the conversation", not even one that has arrived before.
    async fn patients_attach_nothing(world: &World) {
        let paul = world.patient("Paul").to_public();
        let sender = Sender::new(world, &world.node, "Paul");
        let before = sender.upload(&paul, "picture.txt", b"look").await;
        preset(world).await;
        let payload = begin(world, "Nora", to_paul(world)).await;
        let reply = json!({
            "conversationId": payload["conversation"]["id"], "body": canary::message("look"), "attachmentIds": [before],
            "idempotencyKey": run::unique_name(),
        });
        let send = "mutation ($input: SendMessageInput!) { sendMessage(input: $input) { errors { code } } }";
        let refused = world.ask("Paul", send, json!({ "input": reply })).await.field("sendMessage");
        assert_eq!(codes(&refused["errors"]), ["PATIENT_UPLOADS_OFF"]);
        let announced = sender.announce(4, &[("patientId", &paul)]).await;
        assert_eq!(announced.status, 403, "there is nothing to upload a file for");
    }

    /// "To use a pre-configured message template, click Template."
    async fn a_template_can_be_used(world: &World) {
        preset(world).await;
        let core = &world.node.app.core;
        let template = crate::reminders::live::template(core, &world.clinic, world.staff("Ada")).await;
        let input = json!({
            "patientId": world.patient("Paul").to_public(), "templateId": template.to_public(), "idempotencyKey": run::unique_name(),
        });
        let payload = begin(world, "Nora", input).await;
        assert_eq!((&payload["errors"], &payload["conversation"]["title"]), (&json!([]), &json!("Your test")));
    }
}
