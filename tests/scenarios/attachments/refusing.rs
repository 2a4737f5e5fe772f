//! Which files cannot be sent, by whom, and how that is said.

use entity::{AttachmentStatus, ConversationId};
use harness::on_both_databases;
use harness::tus::id_of;
use harness::world::World;
use serde_json::{Value, json};

use super::documents::document;
use super::sending::{note, send, sent};
use super::{patient, row, sender, set_status};

const SETTINGS: &str = "mutation ($input: UpdateSettingsInput!) { updateSettings(input: $input) { errors { code field } } }";

pub(super) async fn decide(world: &World, input: Value) {
    let answer = world.ask("Ada", SETTINGS, json!({ "input": input })).await;
    assert_eq!(answer.field("updateSettings")["errors"], json!([]));
}

pub(super) fn refusal(code: &str, field: &str) -> Value {
    json!([{ "code": code, "field": [field] }])
}

/// A secure message from Nora to Paul, with Dora among those to whom it is addressed.
pub(super) async fn secure_message(world: &World) -> ConversationId {
    let operation = "mutation ($input: BeginSecureMessageInput!) { beginSecureMessage(input: $input) { conversation { id } } }";
    let input = json!({
        "patientId": patient(world, "Paul"), "to": [world.staff("Dora").to_public()], "allowReply": true,
        "title": harness::canary::message("Results"), "body": { "plain": harness::canary::message("Well") },
        "idempotencyKey": harness::run::unique_name(),
    });
    let begun = world
        .data("Nora", operation, json!({ "input": input }))
        .await;
    let id = begun["beginSecureMessage"]["conversation"]["id"].as_str();
    ConversationId::from_public(id.unwrap()).unwrap()
}

on_both_databases! {
    /// Whatever an author may not use looks the same, and a refused message leaves what it named unused.
    async fn only_ones_own_uploads_about_the_patient_are_sent(world: &World) {
        let (nora, nils) = (sender(world, "Nora"), sender(world, "Nils"));
        let (paul, petra) = (patient(world, "Paul"), patient(world, "Petra"));
        let good = nora.upload(&paul, "good.txt", b"hello").await;
        let of_nils = nils.upload(&paul, "a.txt", b"hello").await;
        let about_petra = nora.upload(&petra, "a.txt", b"hello").await;
        let begun = id_of(&nora.announce(10, &[("patientId", &paul)]).await.location.unwrap());
        let used = nora.upload(&paul, "a.txt", b"hello").await;
        sent(world, "Nora", world.chat, std::slice::from_ref(&used)).await;
        let charted = nora.upload(&paul, "a.txt", b"hello").await;
        document(world, "Nora", "Paul", &charted, json!({})).await;
        let foreign = sender(world, "Sten").upload(&patient(world, "Silja"), "a.txt", b"hello").await;
        let never = "att_00000000000000000000000000000000".to_owned();
        for bad in [of_nils, about_petra, begun, used, charted, foreign, never, "nonsense".to_owned()] {
            for refused in [
                send(world, "Nora", world.chat, json!({ "attachmentIds": [good, bad] })).await,
                note(world, "Nora", world.chat, json!({ "attachmentIds": [good, bad] })).await,
            ] {
                assert_eq!((&refused["errors"], &refused["message"]), (&refusal("FILE_NOT_USABLE", "attachmentIds"), &Value::Null), "{bad}");
            }
        }
        assert!(row(world, &good).await.unwrap().expires_at.is_some(), "a refused message uses nothing");
        sent(world, "Nora", world.chat, &[good]).await;
    }

    /// Documents are sent by those who may open the chart, about the conversation's patient only.
    async fn only_the_patients_documents_are_sent(world: &World) {
        let nora = sender(world, "Nora");
        let upload = nora.upload(&patient(world, "Petra"), "a.txt", b"hello").await;
        let of_petra = document(world, "Nora", "Petra", &upload, json!({})).await;
        let upload = nora.upload(&patient(world, "Paul"), "a.txt", b"hello").await;
        let of_paul = document(world, "Nora", "Paul", &upload, json!({})).await;
        let foreign = sender(world, "Sten").upload(&patient(world, "Silja"), "a.txt", b"hello").await;
        let foreign = document(world, "Sten", "Silja", &foreign, json!({})).await;
        let refused = refusal("FILE_NOT_USABLE", "chartDocumentIds");
        for bad in [of_petra, foreign, "doc_00000000000000000000000000000000".to_owned(), "nonsense".to_owned()] {
            let payload = send(world, "Nora", world.chat, json!({ "chartDocumentIds": [of_paul, bad] })).await;
            assert_eq!(payload["errors"], refused, "{bad}");
        }
        let more = json!({ "chartDocumentIds": [of_paul] });
        assert_eq!(send(world, "Paul", world.chat, more.clone()).await["errors"], refused);
        // Dora takes part in the conversation; the chart is the team's alone.
        let conversation = secure_message(world).await;
        decide(world, json!({ "access": "TEAM" })).await;
        assert_eq!(send(world, "Dora", conversation, more.clone()).await["errors"], refused);
        assert_eq!(send(world, "Nora", conversation, more).await["errors"], json!([]));
    }

    /// Where only a patient's team reaches him, whoever takes part in one of his conversations still uploads for it, as long as
    /// they take part and it goes on.
    async fn participants_upload_for_their_conversation(world: &World) {
        let (dora, paul) = (sender(world, "Dora"), patient(world, "Paul"));
        let metadata = [("patientId", paul.as_str())];
        decide(world, json!({ "access": "TEAM" })).await;
        assert_eq!(dora.announce(1, &metadata).await.status, 404, "she takes part in nothing yet");
        let conversation = secure_message(world).await;
        let upload = dora.upload(&paul, "a.txt", b"hello").await;
        sent(world, "Dora", conversation, &[upload]).await;
        assert_eq!(dora.announce(1, &[("patientId", &patient(world, "Petra"))]).await.status, 404);

        let change = async |name: &str| {
            let operation = format!("mutation ($input: ConversationInput!) {{ {name}(input: $input) {{ errors {{ code }} }} }}");
            world.data("Nora", &operation, json!({ "input": { "conversationId": conversation.to_public() } })).await;
        };
        change("closeConversation").await;
        assert_eq!(dora.announce(1, &metadata).await.status, 404);
        change("reopenConversation").await;
        assert_eq!(dora.announce(1, &metadata).await.status, 201);
        let out = json!({ "input": { "conversationId": conversation.to_public(), "staffId": world.staff("Dora").to_public() } });
        world.data("Nora", "mutation ($input: RemoveParticipantInput!) { removeParticipant(input: $input) { errors { code } } }", out).await;
        assert_eq!(dora.announce(1, &metadata).await.status, 404);
    }

    /// Patients send files where the rules of the conversation let them, and fewer than staff where the clinic says so.
    async fn patients_send_files_where_the_rules_say_so(world: &World) {
        let (of_paul, paul) = (sender(world, "Paul"), patient(world, "Paul"));
        let conversation = secure_message(world).await;
        let mut uploads = Vec::new();
        for name in ["a.txt", "b.txt"] {
            uploads.push(of_paul.upload(&paul, name, b"hello").await);
        }
        let refused = send(world, "Paul", conversation, json!({ "attachmentIds": uploads })).await;
        assert_eq!(refused["errors"], refusal("PATIENT_UPLOADS_OFF", "attachmentIds"));
        decide(world, json!({ "attachments": { "patientMessageMaxFiles": 1 } })).await;
        let refused = send(world, "Paul", world.chat, json!({ "attachmentIds": uploads })).await;
        assert_eq!(refused["errors"], refusal("TOO_MANY_FILES", "attachmentIds"));
        sent(world, "Paul", world.chat, &uploads[..1]).await;
        decide(world, json!({ "rules": { "kind": "CARE_TEAM_CHAT", "patientUploads": false } })).await;
        let refused = send(world, "Paul", world.chat, json!({ "attachmentIds": uploads[1..] })).await;
        assert_eq!(refused["errors"], refusal("PATIENT_UPLOADS_OFF", "attachmentIds"));
        assert_eq!(send(world, "Paul", world.chat, json!({ "body": harness::canary::message("no file") })).await["errors"], json!([]));
    }

    /// The clinic says of which types patients' files are; staff send whatever the server takes.
    async fn patients_send_files_of_some_types(world: &World) {
        let paul = patient(world, "Paul");
        decide(world, json!({ "attachments": { "patientTypes": ["image/png", "application/pdf"] } })).await;
        let text = sender(world, "Paul").upload(&paul, "a.pdf", b"hello").await;
        let refused = send(world, "Paul", world.chat, json!({ "attachmentIds": [text] })).await;
        assert_eq!(refused["errors"], refusal("FILE_TYPE_NOT_ALLOWED", "attachmentIds"));
        let pdf = sender(world, "Paul").upload(&paul, "a.txt", b"%PDF-1.7 hello").await;
        sent(world, "Paul", world.chat, &[pdf]).await;
        let by_nora = sender(world, "Nora").upload(&paul, "a.txt", b"hello").await;
        sent(world, "Nora", world.chat, &[by_nora]).await;
        decide(world, json!({ "attachments": { "patientTypes": [] } })).await;
        sent(world, "Paul", world.chat, &[text]).await;
        let unknown = json!({ "input": { "attachments": { "patientTypes": ["text/html"] } } });
        let refused = world.ask("Ada", SETTINGS, unknown).await.field("updateSettings");
        assert_eq!(refused["errors"], json!([{ "code": "INVALID", "field": ["attachments", "patientTypes"] }]));
    }

    /// The clinic says how many files a message has, and how many bytes they have together.
    async fn files_are_limited(world: &World) {
        let (nora, paul) = (sender(world, "Nora"), patient(world, "Paul"));
        let mut uploads = Vec::new();
        for name in ["a.txt", "b.txt", "c.txt"] {
            uploads.push(nora.upload(&paul, name, b"hello").await);
        }
        decide(world, json!({ "attachments": { "messageMaxFiles": 2 } })).await;
        let refused = send(world, "Nora", world.chat, json!({ "attachmentIds": uploads })).await;
        assert_eq!(refused["errors"], refusal("TOO_MANY_FILES", "attachmentIds"));
        decide(world, json!({ "attachments": { "messageMaxFiles": 3, "messageMaxBytes": 14 } })).await;
        let refused = send(world, "Nora", world.chat, json!({ "attachmentIds": uploads })).await;
        assert_eq!(refused["errors"], refusal("FILE_TOO_LONG", "attachmentIds"));
        decide(world, json!({ "attachments": { "messageMaxBytes": 15 } })).await;
        sent(world, "Nora", world.chat, &uploads).await;
        let many: Vec<_> = (0..51).map(|number| format!("att_{number:032x}")).collect();
        let refused = send(world, "Nora", world.chat, json!({ "attachmentIds": many })).await;
        assert_eq!(refused["errors"], refusal("TOO_MANY_FILES", "attachmentIds"));
        let beyond = json!({ "input": { "attachments": { "messageMaxFiles": 51 } } });
        let refused = world.ask("Ada", SETTINGS, beyond).await.field("updateSettings");
        assert_eq!(refused["errors"], json!([{ "code": "OUT_OF_RANGE", "field": ["attachments", "messageMaxFiles"] }]));
    }

    /// Malware is never sent; what was not inspected yet is sent if the clinic says so.
    async fn what_was_found_decides(world: &World) {
        let upload = sender(world, "Nora").upload(&patient(world, "Paul"), "a.txt", b"hello").await;
        let more = json!({ "attachmentIds": [upload] });
        for (status, code) in [(AttachmentStatus::Infected, "FILE_INFECTED"), (AttachmentStatus::Refused, "FILE_NOT_USABLE")] {
            set_status(world, &upload, (status, None)).await;
            let refused = send(world, "Nora", world.chat, more.clone()).await;
            assert_eq!(refused["errors"], refusal(code, "attachmentIds"));
        }
        set_status(world, &upload, (AttachmentStatus::Pending, None)).await;
        decide(world, json!({ "attachments": { "attachPending": false } })).await;
        let refused = send(world, "Nora", world.chat, more.clone()).await;
        assert_eq!(refused["errors"], refusal("FILE_NOT_INSPECTED", "attachmentIds"));
        decide(world, json!({ "attachments": { "attachPending": true } })).await;
        let payload = send(world, "Nora", world.chat, more).await;
        let file = &payload["message"]["attachments"][0];
        assert_eq!((&file["status"], &file["downloadUrl"]), (&json!("PENDING"), &Value::Null));
    }
}
