//! Who downloaded what, as administrators see it.

use chrono::TimeDelta;
use entity::{AttachmentId, attachment, download, message_attachment};
use harness::canary::{self, Secret};
use harness::on_both_databases;
use harness::patience::{PATIENCE, until};
use harness::world::World;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tidings::domain::attachments;

use super::refusing::decide;
use super::sending::{newest, sent};
use super::{patient, sender};

const DOWNLOADS: &str = "query ($file: ID, $patient: ID, $first: Int, $after: String) {
    fileDownloads(attachmentId: $file, patientId: $patient, first: $first, after: $after) {
        nodes { attachmentId fileName patientId form personId personName source downloadedAt }
        pageInfo { hasNextPage endCursor } } }";

/// Sends a file to a patient's chat.
async fn share(world: &World, whose: &str, chat: entity::ConversationId) -> String {
    let upload = sender(world, "Nora")
        .upload(&patient(world, whose), "result.txt", b"hello")
        .await;
    sent(world, "Nora", chat, std::slice::from_ref(&upload)).await;
    upload
}

/// Downloads a file of a chat as somebody.
async fn download(world: &World, name: &str, chat: entity::ConversationId, file: &str) {
    let url = until(PATIENCE, "a link", async || {
        let message = newest(world, name, chat).await;
        let found = &message["attachments"][0];
        assert_eq!(found["id"], file);
        found["downloadUrl"].as_str().map(str::to_owned)
    })
    .await;
    canary::remember(Secret::Link, url.rsplit('/').next().unwrap());
    let client = &world.node.client;
    let served = client.http().get(client.url(&url)).send().await.unwrap();
    assert_eq!(served.text().await.unwrap(), "hello");
}

async fn downloads(world: &World, variables: Value) -> Value {
    world.data("Ada", DOWNLOADS, variables).await["fileDownloads"].take()
}

fn people(page: &Value) -> Vec<String> {
    let nodes = page["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["personId"].as_str().unwrap().to_owned())
        .collect()
}

on_both_databases! {
    /// The newest download first: of all files, of one, of those about one patient; a page at a time.
    async fn administrators_see_who_downloaded_what(world: &World) {
        let of_paul = share(world, "Paul", world.chat).await;
        let of_petra = share(world, "Petra", world.petras_chat).await;
        download(world, "Nora", world.chat, &of_paul).await;
        world.hands.advance(TimeDelta::minutes(1));
        download(world, "Paul", world.chat, &of_paul).await;
        world.hands.advance(TimeDelta::minutes(1));
        download(world, "Dora", world.petras_chat, &of_petra).await;
        let (nora, dora) = (world.staff("Nora").to_public(), world.staff("Dora").to_public());
        let (paul, petra) = (patient(world, "Paul"), patient(world, "Petra"));

        let all = downloads(world, json!({})).await;
        assert_eq!(people(&all), [dora.clone(), paul.clone(), nora.clone()]);
        let by_paul = &all["nodes"][1];
        for (field, value) in [
            ("attachmentId", json!(of_paul)),
            ("fileName", json!(canary::name("result.txt"))),
            ("patientId", json!(paul)),
            ("form", json!("ORIGINAL")),
            ("personName", json!(canary::name("Paul"))),
            ("source", json!("127.0.0.1")),
        ] {
            assert_eq!(by_paul[field], value, "{field}");
        }
        let of_file = downloads(world, json!({ "file": of_paul })).await;
        assert_eq!(people(&of_file), [paul.clone(), nora.clone()]);
        assert_eq!(people(&downloads(world, json!({ "patient": petra })).await), [dora.as_str()]);
        let page = downloads(world, json!({ "first": 2 })).await;
        assert_eq!((people(&page).len(), &page["pageInfo"]["hasNextPage"]), (2, &json!(true)));
        let rest = downloads(world, json!({ "first": 2, "after": page["pageInfo"]["endCursor"] })).await;
        assert_eq!(people(&rest), [nora]);
        for name in ["Nora", "Paul"] {
            assert_eq!(world.ask(name, DOWNLOADS, json!({})).await.codes(), ["FORBIDDEN"], "{name}");
        }
    }

    /// The record is the clinic's; what it says of a patient whom the administrator does not reach is left out.
    async fn a_record_tells_nothing_of_patients_out_of_reach(world: &World) {
        let of_paul = share(world, "Paul", world.chat).await;
        download(world, "Paul", world.chat, &of_paul).await;
        decide(world, json!({ "access": "TEAM" })).await;
        let all = downloads(world, json!({})).await;
        let only = &all["nodes"][0];
        assert_eq!(only["attachmentId"], json!(of_paul));
        for field in ["fileName", "patientId", "personName"] {
            assert_eq!(only[field], Value::Null, "{field}");
        }
        let hidden = world.ask("Ada", DOWNLOADS, json!({ "patient": patient(world, "Paul") })).await;
        assert_eq!(hidden.codes(), ["NOT_FOUND"]);
        let never = "att_00000000000000000000000000000000";
        assert_eq!(downloads(world, json!({ "file": never })).await["nodes"], json!([]));
    }

    /// The record outlasts the file and still says whom it was about; it is kept as long as the operator says, and no longer.
    async fn a_record_outlasts_its_file(world: &World) {
        let of_paul = share(world, "Paul", world.chat).await;
        download(world, "Nora", world.chat, &of_paul).await;
        let id = AttachmentId::from_public(&of_paul).unwrap();
        let writer = world.node.app.core.store.writer();
        message_attachment::Entity::delete_many()
            .filter(message_attachment::Column::AttachmentId.eq(id))
            .exec(writer)
            .await
            .unwrap();
        attachment::Entity::update_many()
            .col_expr(attachment::Column::ExpiresAt, Expr::value(world.hands.now()))
            .filter(attachment::Column::Id.eq(id))
            .exec(writer)
            .await
            .unwrap();
        world.hands.advance(TimeDelta::hours(1));
        attachments::sweep(&world.node.app.core).await.unwrap();
        let paul = patient(world, "Paul");
        let found = downloads(world, json!({ "patient": paul })).await;
        assert_eq!((&found["nodes"][0]["patientId"], &found["nodes"][0]["fileName"]), (&json!(paul), &Value::Null));

        world.hands.advance(TimeDelta::days(2191));
        world.node.app.housekeeper.sweep().await;
        assert_eq!(download::Entity::find().count(writer).await.unwrap(), 1);
        world.hands.advance(TimeDelta::days(1));
        world.node.app.housekeeper.sweep().await;
        assert_eq!(download::Entity::find().count(writer).await.unwrap(), 0);
    }
}
