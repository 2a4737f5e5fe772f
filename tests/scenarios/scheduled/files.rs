//! Files of messages that leave at a later time.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{AttachmentId, AttachmentStatus, attachment};
use futures_util::future::join_all;
use harness::patience::{PATIENCE, until};
use harness::tus::Sender;
use harness::world::World;
use harness::{canary, on_both_databases, run};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tidings::realtime::InProcess;

use crate::attachments::documents::document;

const SCHEDULE: &str = "mutation ($input: ScheduleMessageInput!) { scheduleMessage(input: $input) {
    scheduledMessage { id files { fileName byteLength } } replayed errors { code field } } }";
const BEGIN: &str =
    "mutation ($input: ScheduleSecureMessageInput!) { scheduleSecureMessage(input: $input) {
    scheduledMessage { id files { fileName byteLength } } errors { code field } } }";
const CANCEL: &str = "mutation ($id: ID!) { cancelScheduledMessage(input: { scheduledMessageId: $id }) { errors { code } } }";
const SEND: &str = "mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } errors { code field } } }";
const LIST: &str = "query ($id: ID!) { scheduledMessages(patientId: $id) { nodes { id status refusal conversationId messageId } } }";
const MESSAGES: &str = "query ($id: ID!) { conversation(id: $id) { messages(last: 50) { nodes { id body attachments { id fileName } } } } }";

/// What is scheduled for three hours later.
fn later(more: Value) -> Value {
    let mut input = json!({ "localTime": "2027-01-15T11:00", "timeZone": "UTC", "idempotencyKey": run::unique_name() });
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    input
}

async fn scheduled(world: &World, operation: &str, field: &str, input: Value) -> Value {
    let answer = world
        .ask("Nora", operation, json!({ "input": input }))
        .await;
    answer.field(field)
}

/// The scheduled message when it has been settled, or has not been yet, as a status says.
async fn settled(world: &World, id: &Value) -> Value {
    until(PATIENCE, "a scheduled message to be settled", async || {
        let paul = world.patient("Paul").to_public();
        let data = world.data("Nora", LIST, json!({ "id": paul })).await;
        let nodes = data["scheduledMessages"]["nodes"].as_array()?;
        let found = nodes.iter().find(|node| node["id"] == *id)?;
        (found["status"] != "WAITING").then(|| found.clone())
    })
    .await
}

/// What comes of sending an upload now.
async fn send(world: &World, upload: &str) -> Value {
    let input = json!({
        "conversationId": world.chat.to_public(), "attachmentIds": [upload], "idempotencyKey": run::unique_name(),
    });
    let answer = world.ask("Nora", SEND, json!({ "input": input })).await;
    answer.field("sendMessage")["errors"].clone()
}

async fn remove(world: &World, document: &str) {
    let removing =
        "mutation ($id: ID!) { removeChartDocument(input: { documentId: $id }) { documentId } }";
    world
        .data("Nora", removing, json!({ "id": document }))
        .await;
}

on_both_databases! {
    /// Uploads and documents wait with their message, longer than an upload waits by itself, and nobody else can use them.
    async fn files_wait_with_their_message(world: &World) {
        let nora = Sender::new(world, &world.node, "Nora");
        let paul = world.patient("Paul").to_public();
        let upload = nora.upload(&paul, "first.txt", b"first").await;
        let charted = nora.upload(&paul, "charted.txt", b"charted").await;
        let document = document(world, "Nora", "Paul", &charted, json!({})).await;
        let chat = world.chat.to_public();
        let input = later(json!({ "conversationId": chat, "attachmentIds": [upload], "chartDocumentIds": [document] }));
        let payload = scheduled(world, SCHEDULE, "scheduleMessage", input.clone()).await;
        assert_eq!(payload["errors"], json!([]), "files need no text");
        let waiting = &payload["scheduledMessage"];
        let (first, second) = (canary::name("first.txt"), canary::name("charted.txt"));
        let files = json!([{ "fileName": first, "byteLength": 5 }, { "fileName": second, "byteLength": 7 }]);
        assert_eq!(waiting["files"], files);
        let again = scheduled(world, SCHEDULE, "scheduleMessage", input.clone()).await;
        assert_eq!((&again["scheduledMessage"]["id"], &again["replayed"]), (&waiting["id"], &json!(true)));
        let mut fewer = input;
        fewer["chartDocumentIds"] = json!([]);
        let refused = scheduled(world, SCHEDULE, "scheduleMessage", fewer).await;
        assert_eq!(refused["errors"][0]["code"], json!("IDEMPOTENCY_KEY_REUSED"));
        assert_eq!(send(world, &upload).await, json!([{ "code": "FILE_NOT_USABLE", "field": ["attachmentIds"] }]));

        world.hands.advance(TimeDelta::hours(2));
        tidings::domain::attachments::sweep(&world.node.app.core).await.unwrap();
        world.hands.advance(TimeDelta::hours(2));
        let left = settled(world, &waiting["id"]).await;
        assert_eq!(left["status"], json!("SENT"), "{left}");
        let seen = world.data("Paul", MESSAGES, json!({ "id": chat })).await;
        let messages = seen["conversation"]["messages"]["nodes"].as_array().unwrap();
        let message = messages.iter().find(|message| message["id"] == left["messageId"]).unwrap();
        let names: Vec<_> = message["attachments"].as_array().unwrap().iter().map(|file| file["fileName"].clone()).collect();
        assert_eq!(names, [first, second]);
        assert_eq!(message["attachments"][0]["id"], json!(upload));
    }

    /// A client that got no answer asks again while the first request is still being stored, at whichever node: it gets the same
    /// message, with the same file.
    async fn a_retry_at_the_same_moment_gets_the_same(world: &World) {
        let nora = Sender::new(world, &world.node, "Nora");
        let paul = world.patient("Paul").to_public();
        let second = world.second_node(Arc::new(InProcess::default())).await;
        let token = &world.actor("Nora").token;
        for (operation, field, more) in [
            (SCHEDULE, "scheduleMessage", json!({ "conversationId": world.chat.to_public() })),
            (BEGIN, "scheduleSecureMessage", json!({ "patientId": paul, "title": canary::message("Results"), "body": { "plain": canary::message("Well") } })),
        ] {
            for _ in 0..5 {
                let upload = nora.upload(&paul, "first.txt", b"first").await;
                let mut input = later(more.clone());
                input["attachmentIds"] = json!([upload]);
                let variables = json!({ "input": input });
                let (clients, variables) = ([&world.node.client, &second.client], &variables);
                let answers = join_all((0..6).map(|number| clients[number % 2].execute(operation, variables.clone(), Some(token)))).await;
                let payloads: Vec<_> = answers.into_iter().map(|answer| answer.field(field)).collect();
                for payload in &payloads {
                    assert_eq!(payload["errors"], json!([]));
                    assert_eq!(payload["scheduledMessage"], payloads[0]["scheduledMessage"]);
                }
            }
        }
        second.app.shutdown().await;
    }

    /// A secure message begins with its files.
    async fn a_secure_message_begins_with_files_at_its_time(world: &World) {
        let nora = Sender::new(world, &world.node, "Nora");
        let paul = world.patient("Paul").to_public();
        let upload = nora.upload(&paul, "results.txt", b"results").await;
        let input = later(json!({
            "patientId": paul, "title": canary::message("Results"), "attachmentIds": [upload],
        }));
        let payload = scheduled(world, BEGIN, "scheduleSecureMessage", input).await;
        assert_eq!(payload["errors"], json!([]));
        world.hands.advance(TimeDelta::hours(4));
        let left = settled(world, &payload["scheduledMessage"]["id"]).await;
        assert_eq!(left["status"], json!("SENT"), "{left}");
        let seen = world.data("Paul", MESSAGES, json!({ "id": left["conversationId"] })).await;
        assert_eq!(seen["conversation"]["messages"]["nodes"][0]["attachments"], json!([{ "id": upload, "fileName": canary::name("results.txt") }]));
    }

    /// What does not leave gives its uploads back to its author, for as long as any upload waits.
    async fn files_of_what_does_not_leave_are_given_back(world: &World) {
        let nora = Sender::new(world, &world.node, "Nora");
        let paul = world.patient("Paul").to_public();
        let cancelled = nora.upload(&paul, "cancelled.txt", b"cancelled").await;
        let chat = world.chat.to_public();
        let input = later(json!({ "conversationId": chat, "attachmentIds": [cancelled] }));
        let payload = scheduled(world, SCHEDULE, "scheduleMessage", input).await;
        let answer = world.ask("Nora", CANCEL, json!({ "id": payload["scheduledMessage"]["id"] })).await;
        assert_eq!(answer.field("cancelScheduledMessage")["errors"], json!([]));
        assert_eq!(send(world, &cancelled).await, json!([]));

        let (sick, fine) = (nora.upload(&paul, "sick.txt", b"sick").await, nora.upload(&paul, "fine.txt", b"fine").await);
        let in_chat = later(json!({ "conversationId": chat, "attachmentIds": [sick, fine] }));
        let payload = scheduled(world, SCHEDULE, "scheduleMessage", in_chat).await;
        let begun = nora.upload(&paul, "begun.txt", b"begun").await;
        let beginning = later(json!({ "patientId": paul, "title": canary::message("Results"), "attachmentIds": [begun] }));
        let beginning = scheduled(world, BEGIN, "scheduleSecureMessage", beginning).await;
        // What a scanner that looks again finds.
        let infected = [&sick, &begun].map(|id| AttachmentId::from_public(id).unwrap());
        attachment::Entity::update_many()
            .col_expr(attachment::Column::Status, Expr::value(AttachmentStatus::Infected))
            .filter(attachment::Column::Id.is_in(infected))
            .exec(world.node.app.core.store.writer())
            .await
            .unwrap();
        world.hands.advance(TimeDelta::hours(4));
        for waiting in [payload, beginning] {
            let left = settled(world, &waiting["scheduledMessage"]["id"]).await;
            assert_eq!((&left["status"], &left["refusal"]), (&json!("REFUSED"), &json!("FILE_INFECTED")));
        }
        assert_eq!(send(world, &fine).await, json!([]));
        let secure = "query ($id: ID!) { patient(id: $id) { conversations(kinds: [SECURE_MESSAGE]) { nodes { id } } } }";
        let data = world.data("Nora", secure, json!({ "id": paul })).await;
        assert_eq!(data["patient"]["conversations"]["nodes"], json!([]), "nothing half begun is left");
    }

    /// What the server has stopped keeps its uploads as long as its words, and they do not count among those that its author has
    /// waiting.
    async fn files_of_what_the_server_stops_stay_as_long_as_its_words(world: &World) {
        let nora = Sender::new(world, &world.node, "Nora");
        let paul = world.patient("Paul").to_public();
        let kept = nora.upload(&paul, "kept.txt", b"kept").await;
        let input = later(json!({
            "conversationId": world.chat.to_public(), "attachmentIds": [kept], "expiresAt": "2027-01-15T11:00:01Z",
        }));
        let waiting = scheduled(world, SCHEDULE, "scheduleMessage", input).await["scheduledMessage"].take();
        let (sick, fine) = (nora.upload(&paul, "sick.txt", b"sick").await, nora.upload(&paul, "fine.txt", b"fine").await);
        let input = later(json!({ "conversationId": world.chat.to_public(), "attachmentIds": [sick, fine] }));
        let refused = scheduled(world, SCHEDULE, "scheduleMessage", input).await["scheduledMessage"].take();
        attachment::Entity::update_many()
            .col_expr(attachment::Column::Status, Expr::value(AttachmentStatus::Infected))
            .filter(attachment::Column::Id.eq(AttachmentId::from_public(&sick).unwrap()))
            .exec(world.node.app.core.store.writer())
            .await
            .unwrap();
        world.hands.advance(TimeDelta::hours(4));
        assert_eq!(settled(world, &waiting["id"]).await["status"], json!("EXPIRED"));
        assert_eq!(settled(world, &refused["id"]).await["status"], json!("REFUSED"));
        for number in 0..50 {
            nora.upload(&paul, &format!("{number}.txt"), b"waits").await;
        }
        let one_more = nora.announce(5, &[("patientId", paul.as_str()), ("filename", "50.txt")]).await;
        assert_eq!((one_more.status, one_more.code.as_deref()), (429, Some("TOO_MANY_FILES")), "the others count");
        world.hands.advance(TimeDelta::hours(3));
        tidings::domain::attachments::sweep(&world.node.app.core).await.unwrap();
        let file = attachment::Column::Id.eq(AttachmentId::from_public(&kept).unwrap());
        let reader = world.node.app.core.store.reader();
        let file = attachment::Entity::find().filter(file).one(reader).await.unwrap().unwrap();
        assert!(file.expires_at.unwrap() > world.hands.now() + TimeDelta::days(29));
        assert_eq!(send(world, &kept).await, json!([]), "its author sends it now");
    }

    /// A document that is taken out of the chart goes with no message that waits, and none leaves without it.
    async fn nothing_leaves_without_a_document_that_is_gone(world: &World) {
        let nora = Sender::new(world, &world.node, "Nora");
        let paul = world.patient("Paul").to_public();
        let charted = nora.upload(&paul, "charted.txt", b"charted").await;
        let document = document(world, "Nora", "Paul", &charted, json!({})).await;
        let input = later(json!({ "conversationId": world.chat.to_public(), "chartDocumentIds": [document] }));
        let waiting = scheduled(world, SCHEDULE, "scheduleMessage", input).await["scheduledMessage"].take();
        remove(world, &document).await;
        world.hands.advance(TimeDelta::hours(2));
        tidings::domain::attachments::sweep(&world.node.app.core).await.unwrap();
        world.hands.advance(TimeDelta::hours(2));
        let left = settled(world, &waiting["id"]).await;
        assert_eq!((&left["status"], &left["messageId"]), (&json!("REFUSED"), &json!(null)), "{left}");
        world.hands.advance(TimeDelta::hours(2));
        tidings::domain::attachments::sweep(&world.node.app.core).await.unwrap();
        let file = attachment::Column::Id.eq(AttachmentId::from_public(&charted).unwrap());
        let reader = world.node.app.core.store.reader();
        assert!(attachment::Entity::find().filter(file).one(reader).await.unwrap().is_none(), "nothing holds it any more");
    }

    /// A file that waits with a message and is put into the chart too stays there when the message is cancelled.
    async fn a_file_in_the_chart_outlives_the_message_that_waited_with_it(world: &World) {
        let nora = Sender::new(world, &world.node, "Nora");
        let paul = world.patient("Paul").to_public();
        let upload = nora.upload(&paul, "both.txt", b"both").await;
        let input = later(json!({ "conversationId": world.chat.to_public(), "attachmentIds": [upload] }));
        let waiting = scheduled(world, SCHEDULE, "scheduleMessage", input).await["scheduledMessage"].take();
        document(world, "Nora", "Paul", &upload, json!({})).await;
        let cancelled = world.ask("Nora", CANCEL, json!({ "id": waiting["id"] })).await;
        assert_eq!(cancelled.field("cancelScheduledMessage")["errors"], json!([]));
        world.hands.advance(TimeDelta::hours(3));
        tidings::domain::attachments::sweep(&world.node.app.core).await.unwrap();
        let file = attachment::Column::Id.eq(AttachmentId::from_public(&upload).unwrap());
        let reader = world.node.app.core.store.reader();
        assert!(attachment::Entity::find().filter(file).one(reader).await.unwrap().is_some());
    }
}
