//! Links to files: what they give, to whom, and for how long.

use chrono::TimeDelta;
use entity::{AttachmentId, FileForm, download};
use harness::canary::{self, Secret};
use harness::on_both_databases;
use harness::patience::{PATIENCE, until};
use harness::world::World;
use reqwest::{Method, Response};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::documents::{document, file};
use super::refusing::decide;
use super::{sender, text};

async fn get(world: &World, path: &str, range: Option<&str>) -> Response {
    let client = &world.node.client;
    let mut request = client.http().get(client.url(path));
    if let Some(range) = range {
        request = request.header("range", range);
    }
    request.send().await.unwrap()
}

/// A link to the file of a document, once it was inspected.
async fn link(world: &World, name: &str, document: &str) -> String {
    let url = until(PATIENCE, "a link", async || {
        let file = file(world, name, document).await;
        file["downloadUrl"].as_str().map(str::to_owned)
    })
    .await;
    canary::remember(Secret::Link, url.rsplit('/').next().unwrap());
    url
}

async fn refusal(world: &World, path: &str) -> (u16, Value) {
    let response = get(world, path, None).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    (response.status().as_u16(), response.json().await.unwrap())
}

on_both_databases! {
    /// The file comes as it was sent, to be saved and never to be run, in one piece or in any other.
    async fn a_file_comes_back_as_it_was(world: &World) {
        let bytes = text(5_000_000);
        let upload = sender(world, "Nora").upload(&world.patient("Paul").to_public(), "ä \"b\".html", &bytes).await;
        let document = document(world, "Nora", "Paul", &upload, json!({})).await;
        let path = link(world, "Nora", &document).await;

        let whole = get(world, &path, None).await;
        assert_eq!(whole.status(), 200);
        let headers = whole.headers().clone();
        for (name, value) in [
            ("content-type", "text/plain; charset=utf-8"),
            ("content-length", "5000000"),
            ("accept-ranges", "bytes"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox; default-src 'none'; frame-ancestors 'none'"),
            ("cache-control", "private, no-store"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
        let disposition = headers["content-disposition"].to_str().unwrap();
        assert!(disposition.starts_with("attachment; filename=\"") && disposition.contains("filename*=UTF-8''%C3%A4%20_b_.html"), "{disposition}");
        assert!(whole.bytes().await.unwrap() == bytes);

        let part = get(world, &path, Some("bytes=4194300-4194309")).await;
        assert_eq!((part.status().as_u16(), &part.headers()["content-range"]), (206, &"bytes 4194300-4194309/5000000".parse().unwrap()));
        assert_eq!(part.bytes().await.unwrap(), bytes[4_194_300..4_194_310]);
        let end = get(world, &path, Some("bytes=-5")).await;
        assert_eq!(end.bytes().await.unwrap(), bytes[4_999_995..]);
        let beyond = get(world, &path, Some("bytes=5000000-")).await;
        assert_eq!((beyond.status().as_u16(), &beyond.headers()["content-range"]), (416, &"bytes */5000000".parse().unwrap()));
        let client = &world.node.client;
        let head = client.http().request(Method::HEAD, client.url(&path)).send().await.unwrap();
        assert_eq!((head.status().as_u16(), &head.headers()["content-length"]), (200, &"5000000".parse().unwrap()));

        let id = AttachmentId::from_public(&upload).unwrap();
        let records = download::Entity::find().filter(download::Column::AttachmentId.eq(id));
        let records = records.all(world.node.app.core.store.reader()).await.unwrap();
        assert_eq!(records.len(), 3, "each download is recorded");
        for record in records {
            assert_eq!((record.person_id, record.form), (world.staff("Nora").0, FileForm::Original));
            assert_eq!(record.source, "127.0.0.1");
        }
    }

    /// Whatever keeps a link from leading to a file, its holder is told the same.
    async fn all_refusals_are_alike(world: &World) {
        let upload = sender(world, "Nora").upload(&world.patient("Paul").to_public(), "a.txt", b"hello").await;
        let document = document(world, "Nora", "Paul", &upload, json!({})).await;
        let never = refusal(world, "/files/AAAA").await;
        assert_eq!(never.0, 404);

        let path = link(world, "Nora", &document).await;
        let mut forged = path.clone();
        let last = if forged.pop() == Some('A') { 'Q' } else { 'A' };
        forged.push(last);
        assert_eq!(refusal(world, &forged).await, never, "a forged link");
        world.hands.advance(TimeDelta::minutes(5));
        assert_eq!(refusal(world, &path).await, never, "a link that has run out");

        // Dora is on no team: she loses sight of Paul when the clinic lets only his team see him.
        let path = link(world, "Dora", &document).await;
        assert_eq!(get(world, &path, None).await.status(), 200);
        let team = json!({ "input": { "access": "TEAM" } });
        world.data("Ada", "mutation ($input: UpdateSettingsInput!) { updateSettings(input: $input) { errors { code } } }", team).await;
        assert_eq!(refusal(world, &path).await, never, "a link of somebody out of reach");

        let path = link(world, "Nora", &document).await;
        world.data("Nora", "mutation { signOut { signedOut } }", json!({})).await;
        assert_eq!(refusal(world, &path).await, never, "a link of a session that has ended");

        let path = link(world, "Nils", &document).await;
        let remove = json!({ "input": { "documentId": document } });
        world.data("Nils", "mutation ($input: RemoveChartDocumentInput!) { removeChartDocument(input: $input) { documentId } }", remove).await;
        assert_eq!(refusal(world, &path).await, never, "a link to a document that was removed");
    }

    /// What no scanner has seen is served or not, as the clinic decides, also by links that were given before.
    async fn the_clinic_decides_about_what_was_not_scanned(world: &World) {
        let upload = sender(world, "Nora").upload(&world.patient("Paul").to_public(), "a.txt", b"hello").await;
        let document = document(world, "Nora", "Paul", &upload, json!({})).await;
        let path = link(world, "Nora", &document).await;
        assert_eq!(get(world, &path, None).await.status(), 200);
        decide(world, json!({ "attachments": { "unscanned": "NEVER" } })).await;
        assert_eq!(get(world, &path, None).await.status(), 404);
        assert_eq!(file(world, "Nora", &document).await["downloadUrl"], Value::Null);
    }

    /// A sender may look at their own file before anything holds it, and nobody else may.
    async fn a_sender_sees_what_they_sent(world: &World) {
        const OWN: &str = "query ($id: ID!) { uploadedAttachment(id: $id) { id fileName status downloadUrl } }";
        let upload = sender(world, "Nora").upload(&world.patient("Paul").to_public(), "a.txt", b"hello").await;
        let path = until(PATIENCE, "a link", async || {
            let mut data = world.data("Nora", OWN, json!({ "id": upload })).await;
            data["uploadedAttachment"]["downloadUrl"].take().as_str().map(str::to_owned)
        })
        .await;
        assert_eq!(get(world, &path, None).await.text().await.unwrap(), "hello");
        for name in ["Nils", "Ada", "Paul", "Sten"] {
            assert_eq!(world.ask(name, OWN, json!({ "id": upload })).await.codes(), ["NOT_FOUND"], "{name}");
        }
        document(world, "Nora", "Paul", &upload, json!({})).await;
        assert_eq!(get(world, &path, None).await.status(), 404);
    }
}
