//! Links to files: what they give, to whom, and for how long.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use chrono::TimeDelta;
use entity::{AttachmentId, ConversationId, FileForm, OrganizationId, download};
use harness::canary::{self, Secret};
use harness::patience::{PATIENCE, until};
use harness::run::{self, Folder};
use harness::world::World;
use harness::{node, on_both_databases};
use reqwest::header::HeaderMap;
use reqwest::{Method, Response};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::documents::{document, file};
use super::refusing::{decide, secure_message};
use super::sending::{newest, sent};
use super::{patient, sender, text};

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

/// Everything that a refusal says, byte by byte, but for the time and the number of the request.
async fn refusal(world: &World, path: &str) -> (u16, HeaderMap, Bytes) {
    let response = get(world, path, None).await;
    let status = response.status().as_u16();
    let mut headers = response.headers().clone();
    assert_eq!(headers["cache-control"], "no-store");
    headers.remove("date");
    headers.remove("x-request-id");
    (status, headers, response.bytes().await.unwrap())
}

/// The same link, saying that it is of another clinic.
fn moved(path: &str, to: OrganizationId) -> String {
    let (folder, token) = path.rsplit_once('/').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
    bytes[3..19].copy_from_slice(to.0.as_bytes());
    format!("{folder}/{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// A link to the only file of the newest message, as somebody sees it.
async fn link_in_chat(world: &World, name: &str, chat: ConversationId) -> String {
    let url = until(PATIENCE, "a link", async || {
        let message = newest(world, name, chat).await;
        let url = message["attachments"][0]["downloadUrl"].as_str();
        url.map(str::to_owned)
    })
    .await;
    canary::remember(Secret::Link, url.rsplit('/').next().unwrap());
    url
}

/// Files that are also a page or a script, each with the type that it is served as.
fn polyglots() -> Vec<(&'static str, Vec<u8>)> {
    let page = b"<!doctype html><script>alert(document.domain)</script>";
    let after = |head: &[u8]| [head, page].concat();
    vec![
        (
            "image/gif",
            after(b"GIF89a=1/*\x01\x00\x00\x00\x00*/;alert(1)//"),
        ),
        ("application/pdf", after(b"%PDF-1.7 ")),
        ("text/plain; charset=utf-8", after(b"A letter: ")),
        (
            "image/png",
            after(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0"),
        ),
    ]
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

        let foreign = sender(world, "Sten").upload(&patient(world, "Silja"), "a.txt", b"hello").await;
        sent(world, "Sten", world.foreign_chat, &[foreign]).await;
        let path = link_in_chat(world, "Sten", world.foreign_chat).await;
        let here = moved(&path, world.clinic.organization);
        assert_eq!(refusal(world, &here).await, never, "a link of another clinic");
        assert_eq!(get(world, &path, None).await.status(), 200);
        world.data("Sten", "mutation { signOut { signedOut } }", json!({})).await;
        assert_eq!(refusal(world, &path).await, never, "a link of another clinic's, which has ended");

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

    /// Whoever was taken out of a conversation has lost its files, with the links that they had.
    async fn a_removed_participant_has_no_link(world: &World) {
        let never = refusal(world, "/files/AAAA").await;
        let conversation = secure_message(world).await;
        let upload = sender(world, "Nora").upload(&patient(world, "Paul"), "a.txt", b"hello").await;
        sent(world, "Nora", conversation, &[upload]).await;
        decide(world, json!({ "access": "TEAM" })).await;
        let path = link_in_chat(world, "Dora", conversation).await;
        assert_eq!(get(world, &path, None).await.status(), 200);
        let out = json!({ "input": { "conversationId": conversation.to_public(), "staffId": world.staff("Dora").to_public() } });
        world.data("Nora", "mutation ($input: RemoveParticipantInput!) { removeParticipant(input: $input) { errors { code } } }", out).await;
        assert_eq!(refusal(world, &path).await, never);
    }

    /// What is also a page or a script is neither: it is saved as what it is by its first bytes, also by a real browser.
    async fn polyglots_are_files(world: &World) {
        let mut files = Vec::new();
        for (media_type, bytes) in polyglots() {
            let upload = sender(world, "Nora").upload(&patient(world, "Paul"), "a.html", &bytes).await;
            let document = document(world, "Nora", "Paul", &upload, json!({})).await;
            let path = link(world, "Nora", &document).await;
            let response = get(world, &path, None).await;
            let headers = response.headers().clone();
            assert_eq!(headers["content-type"], media_type);
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert!(headers["content-security-policy"].to_str().unwrap().starts_with("sandbox;"));
            assert!(headers["content-disposition"].to_str().unwrap().starts_with("attachment;"));
            files.push(json!({ "path": path, "bytes": STANDARD.encode(bytes) }));
        }
        let folder = run::folder(Folder::Scratch).join(format!("polyglots-{}", run::unique_name()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("files.json");
        std::fs::write(&file, Value::from(files).to_string()).unwrap();
        let url = world.node.client.url("");
        let url = url.trim_end_matches('/');
        node::run("polyglots.mjs", &[url, folder.to_str().unwrap(), file.to_str().unwrap()]).await;
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
