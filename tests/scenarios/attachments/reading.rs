//! Who gets the files of messages, by links and live, and who does not.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{AttachmentId, AttachmentStatus, ConversationId, attachment, download};
use harness::canary::{self, Secret};
use harness::patience::{PATIENCE, until};
use harness::s3::S3Store;
use harness::world::{World, node};
use harness::ws::{Subscriber, Subscription};
use harness::{Backend, clamav, on_both_databases, run, scenario};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};
use serde_json::{Value, json};
use tidings::realtime::InProcess;

use super::sending::{newest, note, send, sent};
use super::{patient, row, sender};

const EVENTS: &str = "subscription ($id: ID!, $after: Position) { conversationEvents(conversationId: $id, after: $after) { __typename
    ... on MessagePosted { position message { id attachments { id status downloadUrl } } }
    ... on AttachmentInspected { position message { id attachments { id status downloadUrl } } } } }";

pub(super) async fn follow(
    socket: &Subscriber,
    chat: ConversationId,
    after: &Value,
) -> Subscription {
    let variables = json!({ "id": chat.to_public(), "after": after });
    socket.subscribe(EVENTS, variables).await
}

pub(super) async fn next(events: &mut Subscription) -> Value {
    events.next().await["conversationEvents"].take()
}

/// The status of what happened, of the first file of the message.
pub(super) fn status(event: &Value) -> (&str, &str, bool) {
    let file = &event["message"]["attachments"][0];
    (
        event["__typename"].as_str().unwrap(),
        file["status"].as_str().unwrap(),
        file["downloadUrl"].is_string(),
    )
}

async fn get(world: &World, path: &str) -> (u16, Vec<u8>) {
    let client = &world.node.client;
    let response = client.http().get(client.url(path)).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.bytes().await.unwrap().to_vec())
}

/// A link to the first file of the newest message, once it was inspected.
async fn link(world: &World, name: &str, chat: ConversationId) -> String {
    let url = until(PATIENCE, "a link", async || {
        let message = newest(world, name, chat).await;
        let url = message["attachments"][0]["downloadUrl"].as_str();
        url.map(str::to_owned)
    })
    .await;
    canary::remember(Secret::Link, url.rsplit('/').next().unwrap());
    url
}

async fn upload(world: &World, name: &str) -> String {
    let paul = patient(world, "Paul");
    sender(world, name).upload(&paul, "a.txt", b"hello").await
}

/// Lets a file wait for its inspection for a minute of the world's time.
async fn hold_back(world: &World, id: &str) {
    until(PATIENCE, "the first inspection", async || {
        let row = row(world, id).await?;
        (row.status == AttachmentStatus::Unscanned).then_some(())
    })
    .await;
    let row = attachment::ActiveModel {
        organization_id: Set(world.clinic.organization),
        id: Set(AttachmentId::from_public(id).unwrap()),
        status: Set(AttachmentStatus::Pending),
        due_at: Set(world.hands.now() + TimeDelta::minutes(1)),
        ..Default::default()
    };
    row.update(world.node.app.core.store.writer())
        .await
        .unwrap();
}

on_both_databases! {
    /// Whoever has the conversation open is told when a file's inspection has ended, live and when they come back, each
    /// once and in its place; of a note's file, staff only.
    async fn the_end_of_an_inspection_is_told(world: &World) {
        let (of_message, of_note) = (upload(world, "Nora").await, upload(world, "Nora").await);
        hold_back(world, &of_note).await;
        hold_back(world, &of_message).await;
        let before = json!(world.head().await);
        let (nils, paul) = (world.connect("Nils").await, world.connect("Paul").await);
        let mut at_nils = follow(&nils, world.chat, &before).await;
        let mut at_paul = follow(&paul, world.chat, &before).await;
        let noted = note(world, "Nora", world.chat, json!({ "attachmentIds": [of_note] })).await;
        assert_eq!(noted["errors"], json!([]));
        let message = sent(world, "Nora", world.chat, &[of_message]).await;
        for events in [&mut at_nils, &mut at_paul] {
            let mut posted = next(events).await;
            if posted["message"]["id"] == noted["message"]["id"] {
                posted = next(events).await;
            }
            assert_eq!(posted["message"]["id"], message["id"]);
            assert_eq!(status(&posted), ("MessagePosted", "PENDING", false));
        }

        world.hands.advance(TimeDelta::minutes(1));
        let told = next(&mut at_paul).await;
        assert_eq!((status(&told), &told["message"]["id"]), (("AttachmentInspected", "UNSCANNED", true), &message["id"]));
        let mut inspected: Vec<_> = vec![next(&mut at_nils).await, next(&mut at_nils).await];
        inspected.sort_by_key(|event| event["message"]["id"] == message["id"]);
        for (event, id) in inspected.iter().zip([&noted["message"]["id"], &message["id"]]) {
            assert_eq!((status(event), &event["message"]["id"]), (("AttachmentInspected", "UNSCANNED", true), id));
        }

        // Who comes back gets the same, and a message afterwards ends what is compared.
        send(world, "Nora", world.chat, json!({ "body": canary::message("the end") })).await;
        let mut again = follow(&paul, world.chat, &before).await;
        let posted = next(&mut again).await;
        assert_eq!((&posted["__typename"], &posted["message"]["id"]), (&json!("MessagePosted"), &message["id"]));
        let replayed = next(&mut again).await;
        assert_eq!((&replayed["__typename"], &replayed["position"]), (&json!("AttachmentInspected"), &told["position"]));
        assert_eq!(next(&mut again).await["__typename"], "MessagePosted");
    }

    /// A note's file is the staff's alone: patients meet neither the note nor its file.
    async fn a_notes_file_is_for_staff(world: &World) {
        let first = sent(world, "Nora", world.chat, &[upload(world, "Nora").await]).await;
        let noted = note(world, "Nora", world.chat, json!({ "attachmentIds": [upload(world, "Nora").await] })).await;
        assert_eq!((&noted["errors"], &noted["message"]["kind"]), (&json!([]), &json!("NOTE")));
        let path = link(world, "Nils", world.chat).await;
        assert_eq!(get(world, &path).await, (200, b"hello".to_vec()));
        assert_eq!(newest(world, "Paul", world.chat).await["id"], first["id"]);
        let node = "query ($id: ID!) { node(id: $id) { ... on Message { attachments { id } } } }";
        let hidden = world.ask("Paul", node, json!({ "id": noted["message"]["id"] })).await;
        assert_eq!(hidden.codes(), ["NOT_FOUND"]);
    }

    /// A download through a message is recorded with the message, whoever makes it.
    async fn downloads_are_recorded_with_the_message(world: &World) {
        let upload = upload(world, "Nora").await;
        let message = sent(world, "Nora", world.chat, std::slice::from_ref(&upload)).await;
        for name in ["Paul", "Nils"] {
            let path = link(world, name, world.chat).await;
            assert_eq!(get(world, &path).await.0, 200, "{name}");
        }
        let id = AttachmentId::from_public(&upload).unwrap();
        let records = download::Entity::find().filter(download::Column::AttachmentId.eq(id));
        let records = records.all(world.node.app.core.store.reader()).await.unwrap();
        let mut people: Vec<_> = records.iter().map(|record| record.person_id).collect();
        people.sort_unstable();
        let mut expected = vec![world.patient("Paul").0, world.staff("Nils").0];
        expected.sort_unstable();
        assert_eq!(people, expected);
        let message = entity::MessageId::from_public(message["id"].as_str().unwrap()).unwrap();
        assert!(records.iter().all(|record| record.reached_by == message.0));
    }

    /// Whatever has ended a link's worth, its holder is told the same as of one that never was.
    async fn what_ends_a_link_is_not_told(world: &World) {
        let never = get(world, "/files/AAAA").await;
        assert_eq!(never.0, 404);
        let (nora, paul) = (sender(world, "Nora"), patient(world, "Paul"));
        let file = nora.upload(&paul, "a.txt", b"hello").await;
        let begin = "mutation ($input: BeginSecureMessageInput!) { beginSecureMessage(input: $input) { conversation { id } errors { code } } }";
        let input = json!({
            "patientId": paul, "to": [world.staff("Dora").to_public()], "title": canary::message("Results"),
            "attachmentIds": [file], "idempotencyKey": run::unique_name(),
        });
        let begun = world.data("Nora", begin, json!({ "input": input })).await;
        let id = begun["beginSecureMessage"]["conversation"]["id"].as_str().unwrap();
        let conversation = ConversationId::from_public(id).unwrap();

        let run_out = link(world, "Paul", conversation).await;
        world.hands.advance(TimeDelta::minutes(5));
        assert_eq!(get(world, &run_out).await, never, "it has run out");

        // Dora takes part, and sees Paul by nothing else when the clinic lets only his team see him.
        let settings = "mutation ($input: UpdateSettingsInput!) { updateSettings(input: $input) { errors { code } } }";
        world.data("Ada", settings, json!({ "input": { "access": "TEAM" } })).await;
        let of_dora = link(world, "Dora", conversation).await;
        assert_eq!(get(world, &of_dora).await.0, 200);
        let remove = "mutation ($input: RemoveParticipantInput!) { removeParticipant(input: $input) { errors { code } } }";
        let input = json!({ "input": { "conversationId": id, "staffId": world.staff("Dora").to_public() } });
        world.data("Nora", remove, input).await;
        assert_eq!(get(world, &of_dora).await, never, "its owner does not take part any more");

        let of_paul = link(world, "Paul", conversation).await;
        world.data("Ada", settings, json!({ "input": { "portal": false } })).await;
        assert_eq!(get(world, &of_paul).await, never, "the patient has no portal any more");
        world.data("Ada", settings, json!({ "input": { "portal": true } })).await;
        let of_paul = link(world, "Paul", conversation).await;
        world.data("Paul", "mutation { signOut { signedOut } }", json!({})).await;
        assert_eq!(get(world, &of_paul).await, never, "its session has ended");

        let node = "query ($id: ID!) { node(id: $id) { ... on Message { attachments { downloadUrl } } } }";
        let message = newest(world, "Nora", conversation).await;
        let foreign = world.ask("Sten", node, json!({ "id": message["id"] })).await;
        assert_eq!(foreign.codes(), ["NOT_FOUND"], "another clinic has no link to it");
    }
}

/// A file that was sent while it waited turns out to be malware: its readers are told, nobody gets a byte of it, and it is
/// never sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malware_that_was_sent_is_taken_back() {
    scenario::bounded(async {
        let store = S3Store::start().await;
        let broker = Arc::new(InProcess::default());
        let nobody = format!("tcp://{}", harness::process::free_address());
        let world = World::start_with(Backend::Sqlite, broker.clone(), |source| {
            store.used_by(source).with("attachments.clamd", &nobody)
        })
        .await;
        let paul = patient(&world, "Paul");
        let nora = sender(&world, "Nora");
        let bad = nora.upload(&paul, "invoice.pdf", &clamav::eicar()).await;
        let good = nora.upload(&paul, "a.txt", b"hello").await;
        let before = json!(world.head().await);
        let socket = world.connect("Paul").await;
        let mut events = follow(&socket, world.chat, &before).await;
        for upload in [&bad, &good] {
            sent(&world, "Nora", world.chat, std::slice::from_ref(upload)).await;
            assert_eq!(
                status(&next(&mut events).await),
                ("MessagePosted", "PENDING", false)
            );
        }
        let scanning = node(&world.database, &world.hands, broker, |source| {
            store
                .used_by(source)
                .with("attachments.clamd", clamav::address())
        })
        .await;
        until(PATIENCE, "both inspections", async || {
            let files = [row(&world, &bad).await?, row(&world, &good).await?];
            let waiting = files
                .iter()
                .find(|file| file.status == AttachmentStatus::Pending);
            let next = waiting.map(|file| file.due_at);
            if next.is_some_and(|due| due > world.hands.now()) {
                world.hands.advance(TimeDelta::seconds(30));
            }
            waiting.is_none().then_some(())
        })
        .await;
        let mut told = [next(&mut events).await, next(&mut events).await];
        told.sort_by_key(|event| event["message"]["attachments"][0]["id"] != *bad);
        assert_eq!(status(&told[0]), ("AttachmentInspected", "INFECTED", false));
        assert_eq!(status(&told[1]), ("AttachmentInspected", "CLEAN", true));
        let refused = send(
            &world,
            "Nora",
            world.chat,
            json!({ "attachmentIds": [bad] }),
        )
        .await;
        assert_eq!(refused["errors"][0]["field"], json!(["attachmentIds"]));
        scanning.app.shutdown().await;
        world.finish().await;
    })
    .await;
}
