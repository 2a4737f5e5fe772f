//! The disk is full, or the database gone: nothing is acknowledged that is not stored, reading goes on where it can, and
//! when it is over the same request succeeds, once.

use std::sync::Mutex;

use entity::EventKind;
use harness::client::Answer;
use harness::patience::{PATIENCE, until};
use harness::world::{SEND, World, alerts, inbox};
use harness::{Backend, canary, run, scenario};
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, Statement, TransactionTrait};
use serde_json::{Value, json};
use tidings::domain::event_log::{Change, NewEvent};

const MESSAGES: &str =
    "query ($id: ID!) { conversation(id: $id) { messages(last: 100) { nodes { id body } } } }";

async fn try_to_send(world: &World, text: &str, key: &str) -> Answer {
    let input = json!({ "conversationId": world.chat.to_public(), "body": canary::message(text), "idempotencyKey": key });
    world.ask("Paul", SEND, json!({ "input": input })).await
}

async fn bodies(world: &World) -> Vec<Value> {
    let chat = json!({ "id": world.chat.to_public() });
    let mut data = world.data("Nora", MESSAGES, chat).await;
    let nodes = data["conversation"]["messages"]["nodes"].take();
    nodes
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["body"].clone())
        .collect()
}

async fn ready(world: &World) -> StatusCode {
    let client = &world.node.client;
    client
        .http()
        .get(client.url("/readyz"))
        .send()
        .await
        .unwrap()
        .status()
}

/// Lets the database have as many pages as it has, and some more. It then answers as on a full disk.
async fn limit_pages(world: &World, more: Option<i64>) {
    let writer = world.node.app.core.store.writer();
    let read = |text: &str| Statement::from_string(writer.get_database_backend(), text.to_owned());
    let pages: i64 = writer
        .query_one_raw(read("PRAGMA page_count"))
        .await
        .unwrap()
        .unwrap()
        .try_get_by_index(0)
        .unwrap();
    let most = more.map_or(i64::from(u32::MAX - 1), |more| pages + more);
    writer
        .query_one_raw(read(&format!("PRAGMA max_page_count = {most}")))
        .await
        .unwrap();
}

async fn the_disk_fills_up() {
    let world = World::start(Backend::Sqlite).await;
    let nora = world.connect("Nora").await;
    let mut to_nora = alerts(&nora, Some(&world.head().await)).await;
    limit_pages(&world, Some(8)).await;
    let (mut stored, mut refused) = (Vec::new(), None);
    for number in 0..90 {
        let (text, key) = (
            format!("{number} {}", "long ".repeat(3000)),
            run::unique_name(),
        );
        let answer = try_to_send(&world, &text, &key).await;
        if answer.errors.is_empty() {
            stored.push(json!(canary::message(&text)));
        } else {
            assert_eq!(answer.codes(), ["UNAVAILABLE"]);
            refused = Some((text, key));
            break;
        }
    }
    let (text, key) = refused.expect("the disk fills up within 90 long messages");
    assert_eq!(
        bodies(&world).await,
        stored,
        "what was acknowledged is there, and what was refused is not"
    );

    limit_pages(&world, None).await;
    for replayed in [false, true] {
        let payload = try_to_send(&world, &text, &key).await.field("sendMessage");
        assert_eq!(
            (&payload["errors"], &payload["replayed"]),
            (&json!([]), &json!(replayed))
        );
    }
    stored.push(json!(canary::message(&text)));
    assert_eq!(bodies(&world).await, stored);
    for body in &stored {
        assert_eq!(
            to_nora.next().await["messageAlerts"]["message"]["body"],
            *body
        );
    }
    drop(nora);
    world.finish().await;
}

/// What is refused while something is wrong, and stored once when it is over.
async fn refused_now_and_stored_later(
    world: &World,
    begin: impl AsyncFnOnce(),
    end: impl AsyncFnOnce(),
) {
    try_to_send(world, "before", "first").await.into_data();
    begin().await;
    let answer = try_to_send(world, "meanwhile", "second").await;
    assert_eq!(answer.codes(), ["UNAVAILABLE"], "{:?}", answer.errors);
    let before = [json!(canary::message("before"))];
    assert_eq!(bodies(world).await, before, "reading goes on");
    end().await;
    for replayed in [false, true] {
        let payload = try_to_send(world, "meanwhile", "second")
            .await
            .field("sendMessage");
        assert_eq!(
            (&payload["errors"], &payload["replayed"]),
            (&json!([]), &json!(replayed))
        );
    }
    let expected = ["before", "meanwhile"].map(|text| json!(canary::message(text)));
    assert_eq!(bodies(world).await, expected);
}

async fn the_disk_of_postgres_fills_up() {
    let world = World::start(Backend::Postgres).await;
    let database = &world.database;
    refused_now_and_stored_later(
        &world,
        async || database.fill_disk().await,
        async || database.clear_disk().await,
    )
    .await;
    world.finish().await;
}

async fn somebody_else_keeps_the_sqlite_file_locked() {
    let world = World::start(Backend::Sqlite).await;
    let other = world.database.connect().await;
    refused_now_and_stored_later(
        &world,
        async || {
            other.execute_unprepared("begin immediate").await.unwrap();
        },
        async || {
            other.execute_unprepared("rollback").await.unwrap();
        },
    )
    .await;
    other.close().await.unwrap();
    world.finish().await;
}

async fn somebody_replaces_the_sqlite_file() {
    let world = World::start(Backend::Sqlite).await;
    let replaced = Mutex::new(None);
    refused_now_and_stored_later(
        &world,
        async || {
            *replaced.lock().unwrap() = Some(world.database.replace_file());
            assert_eq!(ready(&world).await, StatusCode::SERVICE_UNAVAILABLE);
        },
        async || {
            replaced.lock().unwrap().take().unwrap().now();
            assert_eq!(ready(&world).await, StatusCode::OK);
        },
    )
    .await;
    world.finish().await;
}

async fn the_database_goes_and_comes_back() {
    let world = World::start(Backend::Postgres).await;
    let (nora, mut nils) = (world.connect("Nora").await, world.connect("Nils").await);
    let start = world.head().await;
    let mut to_nora = alerts(&nora, Some(&start)).await;
    try_to_send(&world, "before", "first").await.into_data();
    let before = to_nora.next().await["messageAlerts"].take();
    assert_eq!(before["message"]["body"], json!(canary::message("before")));

    world.database.refuse_connections().await;
    let answer = try_to_send(&world, "meanwhile", "second").await;
    assert_eq!(answer.codes(), ["UNAVAILABLE"], "{:?}", answer.errors);
    assert_eq!(ready(&world).await, StatusCode::SERVICE_UNAVAILABLE);
    let _refused = alerts(&nils, Some(&start)).await;
    assert_eq!(nils.closed().await.code, Some(1013), "come back later");

    world.database.accept_connections().await;
    let back = async || (ready(&world).await == StatusCode::OK).then_some(());
    until(PATIENCE * 3, "the server to be ready again", back).await;
    let payload = try_to_send(&world, "meanwhile", "second")
        .await
        .field("sendMessage");
    assert_eq!(payload["errors"], json!([]));
    let item = to_nora.next().await["messageAlerts"].take();
    assert_eq!(item["message"]["body"], json!(canary::message("meanwhile")));
    let expected = ["before", "meanwhile"].map(|text| json!(canary::message(text)));
    assert_eq!(bodies(&world).await, expected);
    drop(nora);
    world.finish().await;
}

/// How many statements wait for a lock.
async fn waiting(connection: &impl ConnectionTrait) -> i64 {
    let backend = connection.get_database_backend();
    let count = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    let statement = Statement::from_string(backend, count);
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// The settings change, and while Nora's subscription looks what she may still see, the database goes.
async fn the_database_goes_in_the_middle_of_a_look() {
    let world = World::start(Backend::Postgres).await;
    let nora = world.connect("Nora").await;
    let mut to_nora = inbox(&nora, Some(&world.head().await)).await;
    let (holder, watcher) = (
        world.database.connect().await,
        world.database.connect().await,
    );
    let held = holder.begin().await.unwrap();
    held.execute_unprepared("LOCK TABLE session IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let mut change = Change::begin(&world.node.app.core, world.clinic.organization)
        .await
        .unwrap();
    change.record(NewEvent::new(EventKind::SettingsChanged));
    change.commit().await.unwrap();
    let looks = async || (waiting(&watcher).await > 0).then_some(());
    until(PATIENCE, "the subscription to look", looks).await;
    world.database.refuse_connections().await;
    world.database.accept_connections().await;
    let (item, errors) = to_nora.next_with_errors().await;
    assert_eq!(errors, Vec::<Value>::new());
    assert_eq!(item["inboxChanges"]["__typename"], "InboxChanged");
    drop((held, nora));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_goes_in_the_middle_ends_no_subscription() {
    scenario::bounded(the_database_goes_in_the_middle_of_a_look()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stores_and_acknowledges_nothing() {
    scenario::bounded(the_disk_fills_up()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_postgres_stores_and_acknowledges_nothing() {
    scenario::bounded(the_disk_of_postgres_fills_up()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_sqlite_file_stores_and_acknowledges_nothing() {
    scenario::bounded(somebody_else_keeps_the_sqlite_file_locked()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_sqlite_file_stores_and_acknowledges_nothing() {
    scenario::bounded(somebody_replaces_the_sqlite_file()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_gone_loses_nothing() {
    scenario::bounded(the_database_goes_and_comes_back()).await;
}
