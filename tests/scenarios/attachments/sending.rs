//! Files sent with messages and notes: several at once, from uploads and from the chart, each upload once.

use chrono::TimeDelta;
use entity::{ConversationId, MessageId, message_attachment};
use futures_util::future::join_all;
use harness::clinic::mutation;
use harness::patience::{PATIENCE, until};
use harness::world::{World, alerts};
use harness::{canary, on_both_databases, run};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tidings::domain::attachments;

use super::documents::document;
use super::{patient, row, sender, text};

const SEND: &str = "mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
    message { id body attachments { id fileName mediaType byteLength status downloadUrl } } replayed errors { code field } } }";
const NOTE: &str = "mutation ($input: AddNoteInput!) { addNote(input: $input) {
    message { id kind attachments { id } } replayed errors { code field } } }";
const BEGIN: &str =
    "mutation ($input: BeginSecureMessageInput!) { beginSecureMessage(input: $input) {
    conversation { id } message { id body attachments { id } } replayed errors { code field } } }";
const MESSAGES: &str = "query ($id: ID!) { conversation(id: $id) { messages(last: 50) {
    nodes { id body kind attachments { id fileName mediaType byteLength status sha256 downloadUrl thumbnail { url } } } } } }";

/// Writes a message with whatever else `more` says; gives the payload.
pub(super) async fn send(world: &World, name: &str, chat: ConversationId, more: Value) -> Value {
    let input = input(chat, more);
    let answer = world.ask(name, SEND, json!({ "input": input })).await;
    answer.field("sendMessage")
}

/// Adds a note with whatever else `more` says; gives the payload.
pub(super) async fn note(world: &World, name: &str, chat: ConversationId, more: Value) -> Value {
    let input = input(chat, more);
    let answer = world.ask(name, NOTE, json!({ "input": input })).await;
    answer.field("addNote")
}

fn input(chat: ConversationId, more: Value) -> Value {
    let mut input =
        json!({ "conversationId": chat.to_public(), "idempotencyKey": run::unique_name() });
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    input
}

/// A message that holds these uploads; gives it.
pub(super) async fn sent(
    world: &World,
    name: &str,
    chat: ConversationId,
    uploads: &[String],
) -> Value {
    let mut payload = send(world, name, chat, json!({ "attachmentIds": uploads })).await;
    assert_eq!(payload["errors"], json!([]));
    payload["message"].take()
}

/// The newest message of a chat as somebody sees it.
pub(super) async fn newest(world: &World, name: &str, chat: ConversationId) -> Value {
    let mut data = world
        .data(name, MESSAGES, json!({ "id": chat.to_public() }))
        .await;
    let nodes = data["conversation"]["messages"]["nodes"].as_array_mut();
    nodes.unwrap().last_mut().unwrap().take()
}

/// The ids of a message's files.
fn ids(message: &Value) -> Vec<&str> {
    let files = message["attachments"].as_array().unwrap();
    files
        .iter()
        .map(|file| file["id"].as_str().unwrap())
        .collect()
}

/// A template that says this in English.
async fn template(world: &World, text: &str) -> Value {
    let input = json!({ "name": run::unique_name(), "sourceLanguage": "en" });
    let made = administer(world, "createMessageTemplate", "template { id }", input).await;
    let template = made["template"]["id"].clone();
    let input = json!({
        "templateId": template, "language": "en", "seenVersion": 0, "title": text, "body": { "plain": text },
    });
    administer(world, "saveMessageTemplateText", "", input).await;
    review(world, "approveMessageTemplateText", &template).await;
    template
}

/// Approves or retires the first text of a template.
async fn review(world: &World, name: &str, template: &Value) {
    let input = json!({ "templateId": template, "language": "en", "version": 1 });
    administer(world, name, "", input).await;
}

/// What the administrator does, which must succeed; gives the payload.
async fn administer(world: &World, name: &str, payload: &str, input: Value) -> Value {
    let query = mutation(name, &format!("{payload} errors {{ code field }}"));
    let mut data = world.data("Ada", &query, json!({ "input": input })).await;
    assert_eq!(data[name]["errors"], json!([]), "{name}");
    data[name].take()
}

on_both_databases! {
    /// Uploads and documents of the chart come with one message, in their order; who reads the conversation gets them as
    /// they are, and they stay.
    async fn files_come_with_a_message(world: &World) {
        let (nora, paul) = (sender(world, "Nora"), patient(world, "Paul"));
        let bytes = text(5_000);
        let first = nora.upload(&paul, "first.txt", &bytes).await;
        let second = nora.upload(&paul, "second.txt", b"second").await;
        let charted = nora.upload(&paul, "charted.txt", b"charted").await;
        let document = document(world, "Nora", "Paul", &charted, json!({})).await;
        let more = json!({
            "body": canary::message("see below"), "attachmentIds": [second, first, second], "chartDocumentIds": [document],
        });
        let payload = send(world, "Nora", world.chat, more).await;
        assert_eq!(payload["errors"], json!([]));
        assert_eq!(ids(&payload["message"]), [&second, &first, &charted]);

        let seen = until(PATIENCE, "the inspection", async || {
            let seen = newest(world, "Paul", world.chat).await;
            seen["attachments"][1]["downloadUrl"].is_string().then_some(seen)
        })
        .await;
        let file = &seen["attachments"][1];
        assert_eq!(
            (&file["fileName"], &file["mediaType"], &file["byteLength"], &file["status"]),
            (&json!(canary::name("first.txt")), &json!("text/plain"), &json!(5_000), &json!("UNSCANNED")),
        );
        let path = file["downloadUrl"].as_str().unwrap();
        canary::remember(canary::Secret::Link, path.rsplit('/').next().unwrap());
        let client = &world.node.client;
        let response = client.http().get(client.url(path)).send().await.unwrap();
        assert_eq!(response.bytes().await.unwrap(), bytes);

        world.hands.advance(TimeDelta::days(400));
        attachments::sweep(&world.node.app.core).await.unwrap();
        for id in [&first, &second, &charted] {
            assert!(row(world, id).await.is_some(), "what a message holds is no orphan");
        }
    }

    /// A message may have files and no text; its preview says how many, and not how they are called.
    async fn files_alone_are_a_message(world: &World) {
        let socket = world.connect("Nora").await;
        let mut alerted = alerts(&socket, Some(&world.head().await)).await;
        let (paul, about) = (sender(world, "Paul"), patient(world, "Paul"));
        let mut uploads = Vec::new();
        for name in ["a.txt", "b.txt"] {
            uploads.push(paul.upload(&about, name, b"hello").await);
        }
        let message = sent(world, "Paul", world.chat, &uploads).await;
        assert_eq!((&message["body"], ids(&message).len()), (&json!(""), 2));
        let alert = alerted.next().await["messageAlerts"].clone();
        assert_eq!((&alert["preview"], &alert["message"]["id"]), (&json!("[2 files]"), &message["id"]));
        let one = paul.upload(&about, "c.txt", b"hello").await;
        let blank = send(world, "Paul", world.chat, json!({ "body": " ", "attachmentIds": [one] })).await;
        assert_eq!((&blank["errors"], &blank["message"]["body"]), (&json!([]), &json!("")));
        assert_eq!(alerted.next().await["messageAlerts"]["preview"], "[1 file]");
        let nothing = send(world, "Paul", world.chat, json!({ "attachmentIds": [] })).await;
        assert_eq!(nothing["errors"], json!([{ "code": "BLANK", "field": ["body"] }]));
    }

    /// The same key with the same files gives the same message, and with others it is refused (LIVE-7).
    async fn a_repeated_request_has_the_same_files(world: &World) {
        let (nora, paul) = (sender(world, "Nora"), patient(world, "Paul"));
        let upload = nora.upload(&paul, "a.txt", b"hello").await;
        let other = nora.upload(&paul, "b.txt", b"hello").await;
        let charted = nora.upload(&paul, "c.txt", b"hello").await;
        let document = document(world, "Nora", "Paul", &charted, json!({})).await;
        let key = run::unique_name();
        let with = |uploads: &[&String], documents: &[&String]| json!({
            "body": canary::message("once"), "idempotencyKey": key, "attachmentIds": uploads, "chartDocumentIds": documents,
        });
        let asked = with(&[&upload], &[&document]);
        let at_once = join_all((0..6).map(|_| send(world, "Nora", world.chat, asked.clone()))).await;
        for payload in &at_once {
            assert_eq!((&payload["errors"], &payload["message"]["id"]), (&json!([]), &at_once[0]["message"]["id"]));
        }
        let remove = json!({ "input": { "documentId": document } });
        world.data("Nora", "mutation ($input: RemoveChartDocumentInput!) { removeChartDocument(input: $input) { documentId } }", remove).await;
        let again = send(world, "Nora", world.chat, asked).await;
        assert_eq!((&again["replayed"], &again["message"]["id"]), (&json!(true), &at_once[0]["message"]["id"]));
        assert_eq!(ids(&again["message"]), [&upload, &charted], "the message keeps what left the chart");
        for different in [with(&[&other], &[&document]), with(&[&upload], &[]), with(&[], &[]), with(&[&upload, &other], &[])] {
            let refused = send(world, "Nora", world.chat, different).await;
            assert_eq!(refused["errors"], json!([{ "code": "IDEMPOTENCY_KEY_REUSED", "field": ["idempotencyKey"] }]));
        }
    }

    /// However many messages want an upload at the same moment, one gets it.
    async fn an_upload_is_sent_once(world: &World) {
        let upload = sender(world, "Nora").upload(&patient(world, "Paul"), "a.txt", b"hello").await;
        let more = json!({ "attachmentIds": [upload] });
        let at_once = join_all((0..8).map(|_| send(world, "Nora", world.chat, more.clone()))).await;
        let stored: Vec<_> = at_once.iter().filter(|payload| payload["errors"] == json!([])).collect();
        assert_eq!(stored.len(), 1);
        for payload in at_once.iter().filter(|payload| payload["message"].is_null()) {
            assert_eq!(payload["errors"], json!([{ "code": "FILE_NOT_USABLE", "field": ["attachmentIds"] }]));
        }
        let holder = MessageId::from_public(stored[0]["message"]["id"].as_str().unwrap()).unwrap();
        let held = message_attachment::Entity::find().filter(message_attachment::Column::MessageId.eq(holder));
        assert_eq!(held.count(world.node.app.core.store.reader()).await.unwrap(), 1);
        assert_eq!(row(world, &upload).await.unwrap().expires_at, None);
    }

    /// A document goes with as many messages as it is sent with, without its bytes being copied, and what leaves the chart
    /// stays in the messages.
    async fn documents_are_not_copied(world: &World) {
        let (nora, paul) = (sender(world, "Nora"), patient(world, "Paul"));
        let (mut documents, mut files) = (Vec::new(), Vec::new());
        for name in ["a.txt", "b.txt"] {
            let upload = nora.upload(&paul, name, b"hello").await;
            documents.push(document(world, "Nora", "Paul", &upload, json!({})).await);
            files.push(upload);
        }
        for name in ["Nora", "Nils"] {
            let payload = send(world, name, world.chat, json!({ "chartDocumentIds": documents })).await;
            assert_eq!((&payload["errors"], ids(&payload["message"])), (&json!([]), files.iter().map(String::as_str).collect()), "{name}");
        }
        let remove = json!({ "input": { "documentId": documents[0] } });
        world.data("Nora", "mutation ($input: RemoveChartDocumentInput!) { removeChartDocument(input: $input) { documentId } }", remove).await;
        attachments::sweep(&world.node.app.core).await.unwrap();
        let seen = newest(world, "Paul", world.chat).await;
        assert_eq!(ids(&seen), files);
        let gone = send(world, "Nora", world.chat, json!({ "chartDocumentIds": [documents[0]] })).await;
        assert_eq!(gone["errors"], json!([{ "code": "FILE_NOT_USABLE", "field": ["chartDocumentIds"] }]));
    }

    /// A secure message begins with files, even without a text.
    async fn a_secure_message_begins_with_files(world: &World) {
        let (nora, paul) = (sender(world, "Nora"), patient(world, "Paul"));
        let upload = nora.upload(&paul, "a.txt", b"hello").await;
        let charted = nora.upload(&paul, "b.txt", b"hello").await;
        let document = document(world, "Nora", "Paul", &charted, json!({})).await;
        let mut input = json!({
            "patientId": paul, "title": canary::message("Your results"), "idempotencyKey": run::unique_name(),
            "attachmentIds": [upload], "chartDocumentIds": [document],
        });
        let begin = async |input: &Value| world.ask("Nora", BEGIN, json!({ "input": input })).await.field("beginSecureMessage");
        let begun = begin(&input).await;
        assert_eq!((&begun["errors"], &begun["message"]["body"]), (&json!([]), &json!("")));
        assert_eq!(ids(&begun["message"]), [&upload, &charted]);
        let again = begin(&input).await;
        assert_eq!((&again["replayed"], &again["message"]), (&json!(true), &begun["message"]));
        input["chartDocumentIds"] = json!([]);
        assert_eq!(begin(&input).await["errors"][0]["code"], "IDEMPOTENCY_KEY_REUSED");
        input["idempotencyKey"] = json!(run::unique_name());
        let used = begin(&input).await;
        assert_eq!(used["errors"], json!([{ "code": "FILE_NOT_USABLE", "field": ["attachmentIds"] }]));
        assert_eq!(used["conversation"], Value::Null, "nothing is begun");
        input["attachmentIds"] = json!([]);
        assert_eq!(begin(&input).await["errors"], json!([{ "code": "BLANK", "field": ["body"] }]));
        let conversation = ConversationId::from_public(begun["conversation"]["id"].as_str().unwrap()).unwrap();
        assert_eq!(ids(&newest(world, "Paul", conversation).await), [&upload, &charted]);
    }

    /// Files go with a template too. Whoever repeats the request gets what it sent, also when the template says nothing any
    /// more by then, and other files are another request.
    async fn files_go_with_a_template(world: &World) {
        let (nora, paul) = (sender(world, "Nora"), patient(world, "Paul"));
        let template = template(world, "Your results").await;
        let mut uploads = Vec::new();
        for name in ["a.txt", "b.txt", "c.txt"] {
            uploads.push(nora.upload(&paul, name, b"hello").await);
        }
        let (key, of_begun) = (run::unique_name(), run::unique_name());
        let with = |files: &[&String]| json!({ "templateId": template, "idempotencyKey": key, "attachmentIds": files });
        let first = send(world, "Nora", world.chat, with(&[&uploads[0]])).await;
        assert_eq!((&first["errors"], &first["message"]["body"]), (&json!([]), &json!("Your results")));
        assert_eq!(ids(&newest(world, "Paul", world.chat).await), [&uploads[0]]);
        let opening = |files: &[&String]| json!({ "input": {
            "patientId": paul, "templateId": template, "idempotencyKey": of_begun, "attachmentIds": files,
        } });
        let begin = async |input: Value| world.ask("Nora", BEGIN, input).await.field("beginSecureMessage");
        let begun = begin(opening(&[&uploads[1]])).await;
        assert_eq!((&begun["errors"], &begun["message"]["body"]), (&json!([]), &json!("Your results")));
        assert_eq!(ids(&begun["message"]), [&uploads[1]]);

        review(world, "retireMessageTemplateText", &template).await;
        let again = send(world, "Nora", world.chat, with(&[&uploads[0]])).await;
        assert_eq!((&again["replayed"], &again["message"]["id"]), (&json!(true), &first["message"]["id"]));
        assert_eq!(ids(&again["message"]), [&uploads[0]]);
        let again = begin(opening(&[&uploads[1]])).await;
        assert_eq!((&again["replayed"], &again["message"]), (&json!(true), &begun["message"]));
        let reused = json!([{ "code": "IDEMPOTENCY_KEY_REUSED", "field": ["idempotencyKey"] }]);
        for files in [&[][..], &[&uploads[2]], &[&uploads[0], &uploads[2]]] {
            assert_eq!(send(world, "Nora", world.chat, with(files)).await["errors"], reused);
            assert_eq!(begin(opening(files)).await["errors"], reused);
        }
        assert!(row(world, &uploads[2]).await.unwrap().expires_at.is_some(), "what is refused takes nothing");
    }
}
