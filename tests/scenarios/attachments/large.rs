//! Files on the real program: its memory does not grow with a long one, and a power cut loses nothing of one.

use std::path::Path;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use entity::{PersonId, Roles};
use futures_util::{StreamExt as _, stream};
use harness::client::GraphqlClient;
use harness::patience::until;
use harness::process::{RunningServer, ServerProcess};
use harness::run::{self, Folder};
use harness::seed::Seed;
use harness::{Backend, TestDatabase, canary, scenario};
use reqwest::{Body, Client, Method, RequestBuilder};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tidings::app::{self, Surroundings};
use tidings::config::{Config, Source};
use tidings::domain::core::Core;
use tidings::domain::settings::Settings;

use super::multipart::{BOUNDARY, one};

const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";
const PIECE: usize = 256 * 1024;
pub(super) const MIB: u64 = 1024 * 1024;
/// The most that the memory may grow (in KiB).
const GROWTH: u64 = 32 * 1024;

/// A gibibyte when asked to, and otherwise a sixteenth of it.
fn length() -> u64 {
    if run::long() { 1024 * MIB } else { 64 * MIB }
}

fn piece(number: u64) -> Bytes {
    let line = format!("{number:07}\n");
    Bytes::from(line.repeat(PIECE / 8))
}

pub(super) fn pieces(length: u64) -> impl Iterator<Item = Bytes> {
    (0..length / PIECE as u64).map(piece)
}

/// What is still to come of a file that stands between two pieces.
pub(super) fn rest(at: u64, length: u64) -> Body {
    let pieces = pieces(length).skip(usize::try_from(at).unwrap() / PIECE);
    Body::wrap_stream(stream::iter(pieces.map(Ok::<_, std::io::Error>)))
}

fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}

/// A nurse with a patient, and the program.
pub(super) struct Post {
    pub(super) server: RunningServer,
    http: Client,
    token: String,
    patient: String,
}

impl Post {
    fn announcement(&self, length: u64) -> RequestBuilder {
        let (patient, name) = (encoded(&self.patient), encoded(&canary::name("long")));
        self.request(Method::POST, "/uploads")
            .header("upload-length", length)
            .header(
                "upload-metadata",
                format!("patientId {patient},filename {name}"),
            )
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.server.url());
        let request = self.http.request(method, url).bearer_auth(&self.token);
        request.header("tus-resumable", "1.0.0")
    }

    pub(super) fn bytes(&self, path: &str, offset: u64) -> RequestBuilder {
        self.request(Method::PATCH, path)
            .header("upload-offset", offset)
            .header("content-type", "application/offset+octet-stream")
    }

    pub(super) async fn announce(&self, length: u64) -> String {
        let response = self.announcement(length).send().await.unwrap();
        response.headers()["location"].to_str().unwrap().to_owned()
    }

    pub(super) async fn stands(&self, path: &str) -> Option<u64> {
        let response = self.request(Method::HEAD, path).send().await.ok()?;
        response
            .headers()
            .get("upload-offset")?
            .to_str()
            .ok()?
            .parse()
            .ok()
    }

    pub(super) async fn upload(&self, length: u64) -> String {
        let body = Body::wrap_stream(stream::iter(pieces(length).map(Ok::<_, std::io::Error>)));
        let request = self
            .announcement(length)
            .header("content-type", "application/offset+octet-stream")
            .body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 201);
        harness::tus::id_of(response.headers()["location"].to_str().unwrap())
    }

    /// Uploads a file by an operation; gives the code of what must be mended.
    pub(super) async fn upload_with_operation(&self, length: u64) -> Value {
        let bytes = pieces(length).collect::<Vec<_>>().concat();
        let url = format!("{}/graphql", self.server.url());
        let request = self.http.post(url).bearer_auth(&self.token);
        let answer = request
            .header("graphql-require-preflight", "1")
            .header(
                "content-type",
                format!("multipart/form-data; boundary={BOUNDARY}"),
            )
            .body(one(&self.patient, "long.txt", &bytes));
        let mut said: Value = answer.send().await.unwrap().json().await.unwrap();
        said["data"]["uploadAttachment"]["errors"][0]["code"].take()
    }

    /// Downloads a file, and checks that it is what was sent.
    pub(super) async fn download(&self, id: &str, length: u64) {
        let client = GraphqlClient::new(self.server.url());
        let query = "query ($id: ID!) { uploadedAttachment(id: $id) { downloadUrl sha256 } }";
        let (url, hash) = until(Duration::from_secs(120), "the inspection", async || {
            let answer = client
                .execute(query, json!({ "id": id }), Some(&self.token))
                .await;
            let file = answer.field("uploadedAttachment");
            let url = file["downloadUrl"].as_str()?.to_owned();
            Some((url, file["sha256"].as_str()?.to_owned()))
        })
        .await;
        let response = self
            .http
            .get(format!("{}{url}", self.server.url()))
            .send()
            .await
            .unwrap();
        let (mut received, mut context) = (0, Context::new(&SHA256));
        let mut body = response.bytes_stream();
        while let Some(bytes) = body.next().await {
            let bytes = bytes.unwrap();
            received += bytes.len() as u64;
            context.update(&bytes);
        }
        assert_eq!(received, length);
        let received = context.finish();
        let mut sent = Context::new(&SHA256);
        pieces(length).for_each(|piece| sent.update(&piece));
        assert_eq!(received.as_ref(), sent.finish().as_ref());
        let digits = received.as_ref().iter().map(|byte| format!("{byte:02x}"));
        assert_eq!(digits.collect::<String>(), hash);
    }
}

async fn open(database: &TestDatabase) -> Core {
    let data = run::folder(Folder::Scratch).join(format!("data-{}", run::unique_name()));
    open_in(database, &data).await
}

/// The domain on a database, with its files in a data folder.
pub(super) async fn open_in(database: &TestDatabase, data: &Path) -> Core {
    let source = Source::defaults()
        .with("database_url", database.url())
        .with("data_dir", data.display().to_string())
        .with("secret_key", KEY);
    let config = Config::read(source).unwrap();
    app::open(&config, &Surroundings::default()).await.unwrap()
}

pub(super) async fn start(
    database: &TestDatabase,
    configure: impl FnOnce(ServerProcess) -> ServerProcess,
) -> Post {
    let core = open(database).await;
    let seed = Seed::clinic(&core, &Settings::default()).await;
    let (paul, _) = seed.patient("Paul").await;
    let nora = seed.staff("Nora", "Nurse", Roles::CLINICIAN).await;
    let token = seed.token(PersonId::Staff(nora)).await;
    core.post_office.close().await;
    core.store.close().await;
    let server = ServerProcess::on(database)
        .with("TIDINGS_SECRET_KEY", KEY)
        .with("TIDINGS_ATTACHMENTS_MAX_BYTES", length().to_string());
    let server = configure(server).start().await;
    Post {
        server,
        http: Client::new(),
        token,
        patient: paul.to_public(),
    }
}

/// A power cut in the middle of an upload loses nothing that was acknowledged, and after the lease it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_acknowledged_byte() {
    scenario::bounded(async {
        let database = TestDatabase::migrated(Backend::Sqlite).await;
        let mut post = start(&database, |server| server).await;
        let place = post.announce(8 * MIB).await;
        let (_hold, held) = tokio::sync::oneshot::channel::<()>();
        let first = stream::iter(pieces(6 * MIB).map(Ok::<_, std::io::Error>));
        let body = first.chain(stream::once(async {
            // It never ends by itself.
            let _ = held.await;
            Err(std::io::Error::other("gone"))
        }));
        let sending = tokio::spawn(post.bytes(&place, 0).body(Body::wrap_stream(body)).send());
        let acknowledged = until(Duration::from_secs(30), "the first segment", async || {
            post.stands(&place).await.filter(|at| *at > 0)
        })
        .await;
        post.server.kill_nine().await;
        assert!(sending.await.unwrap().is_err());
        post.server.restart().await;
        let at = post.stands(&place).await.unwrap();
        assert!(at >= acknowledged, "{at} of {acknowledged}");
        // As if the lease of the dead writer had ended.
        let statement = "update attachment set leased_until = null, leased_by = null";
        let core = open(&database).await;
        core.store
            .writer()
            .execute_unprepared(statement)
            .await
            .unwrap();
        core.store.close().await;
        let rest = post.bytes(&place, at).body(rest(at, 8 * MIB));
        assert_eq!(rest.send().await.unwrap().status(), 204);
        post.download(&harness::tus::id_of(&place), 8 * MIB).await;
        post.server.terminate().await;
        database.finish().await;
    })
    .await;
}

/// However long a file is, a node holds no more than a segment of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_does_not_grow_with_a_file() {
    scenario::bounded(async {
        let database = TestDatabase::migrated(Backend::Sqlite).await;
        let mut post = start(&database, |server| server).await;
        let first = post.upload(8 * MIB).await;
        post.download(&first, 8 * MIB).await;
        let before = post.server.memory("VmRSS:");
        let began = Instant::now();
        let long = post.upload(length()).await;
        let uploaded = began.elapsed();
        let began = Instant::now();
        post.download(&long, length()).await;
        let downloaded = began.elapsed();
        let grown = post.server.memory("VmHWM:").saturating_sub(before);
        println!(
            "{} MiB up in {uploaded:.1?}, inspected and down in {downloaded:.1?}: the memory grew by {grown} KiB from {before} KiB",
            length() / MIB
        );
        assert!(grown < GROWTH, "the memory grew by {grown} KiB");
        post.server.terminate().await;
        database.finish().await;
    })
    .await;
}
