//! A store that does not answer, or has no room: what is lost is time.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{AttachmentId, AttachmentStatus, attachment};
use harness::canary::{self, Secret};
use harness::patience::{PATIENCE, until};
use harness::s3::S3Store;
use harness::tus::{id_of, said};
use harness::world::World;
use harness::{Backend, file_store, on_both_databases};
use reqwest::{Response, StatusCode};
use sea_orm::{ActiveModelTrait, Set};
use serde_json::{Value, json};
use tidings::domain::attachments;
use tidings::realtime::InProcess;

use super::documents::{document, file};
use super::multipart::{one, post};
use super::{patient, row, sender, text};

/// A world whose files lie in a store that can be stopped.
struct Remote {
    world: World,
    store: S3Store,
}

impl Remote {
    async fn start(backend: Backend) -> Self {
        let store = S3Store::start().await;
        let broker = Arc::new(InProcess::default());
        let world = World::start_with(backend, broker, |source| store.used_by(source)).await;
        Self { world, store }
    }

    /// A file of Paul's chart, inspected; gives its id and the link to it.
    async fn file(&self, bytes: &[u8]) -> (String, String) {
        let world = &self.world;
        let upload = sender(world, "Nora")
            .upload(&patient(world, "Paul"), "a.txt", bytes)
            .await;
        let document = document(world, "Nora", "Paul", &upload, json!({})).await;
        let url = until(PATIENCE, "a link", async || {
            let file = file(world, "Nora", &document).await;
            file["downloadUrl"].as_str().map(str::to_owned)
        })
        .await;
        canary::remember(Secret::Link, url.rsplit('/').next().unwrap());
        (upload, url)
    }

    async fn get(&self, url: &str, range: &str) -> Response {
        let client = &self.world.node.client;
        let request = client.http().get(client.url(url)).header("range", range);
        request.send().await.unwrap()
    }

    /// Lets a file wait for its inspection again.
    async fn inspect_again(&self, id: &str) {
        let row = attachment::ActiveModel {
            organization_id: Set(self.world.clinic.organization),
            id: Set(AttachmentId::from_public(id).unwrap()),
            status: Set(AttachmentStatus::Pending),
            attempts: Set(0),
            due_at: Set(self.world.hands.now()),
            ..Default::default()
        };
        let writer = self.world.node.app.core.store.writer();
        row.update(writer).await.unwrap();
    }

    async fn sweep(&self) -> u64 {
        let core = &self.world.node.app.core;
        attachments::sweep(core).await.unwrap()
    }

    async fn finish(self) {
        self.world.finish().await;
    }
}

on_both_databases! {
    /// A download is told to come again, and comes in one piece when the store is back, whichever part is asked for.
    async fn a_download_waits_for_the_store(remote: &Remote) {
        let bytes = text(9_000_000);
        let (_, url) = remote.file(&bytes).await;
        remote.store.stop();
        let refused = remote.get(&url, "bytes=0-9").await;
        assert_eq!(refused.status(), 503);
        let said: Value = refused.json().await.unwrap();
        assert_eq!(said["error"]["code"], "UNAVAILABLE");
        remote.store.start_again().await;
        for (range, expected) in [("bytes=0-", &bytes[..]), ("bytes=4194299-8388609", &bytes[4_194_299..8_388_610]), ("bytes=-5", &bytes[8_999_995..])] {
            let part = remote.get(&url, range).await;
            assert_eq!(part.status(), 206);
            assert!(part.bytes().await.unwrap() == expected, "{range}");
        }
    }

    /// An inspection that cannot read the file is tried again.
    async fn an_inspection_waits_for_the_store(remote: &Remote) {
        let world = &remote.world;
        let (id, _) = remote.file(b"hello").await;
        remote.store.stop();
        remote.inspect_again(&id).await;
        until(PATIENCE * 3, "the first attempt", async || {
            let row = row(world, &id).await?;
            (row.attempts > 0 && row.leased_by.is_none()).then_some(())
        })
        .await;
        assert_eq!(row(world, &id).await.unwrap().status, AttachmentStatus::Pending);
        remote.store.start_again().await;
        world.hands.advance(TimeDelta::minutes(1));
        until(PATIENCE, "the inspection", async || {
            (row(world, &id).await?.status == AttachmentStatus::Unscanned).then_some(())
        })
        .await;
    }

    /// The store takes bytes and does not say so in time. Nobody goes on before they can arrive no more, so that what was
    /// acknowledged since is not replaced by what comes late.
    async fn bytes_that_come_late_replace_nothing(remote: &Remote) {
        let world = &remote.world;
        let nora = sender(world, "Nora");
        let begun = nora.announce(10, &[("patientId", &patient(world, "Paul"))]).await;
        let place = begun.location.unwrap();
        remote.store.dawdle(true);
        let sent = nora.bytes(&place, 0).timeout(PATIENCE * 6).body("hel").send().await;
        let unsettled = said(sent.unwrap()).await;
        assert_eq!((unsettled.status, unsettled.code.as_deref()), (503, Some("UNAVAILABLE")));
        let early = nora.send(&place, 0, "hello").await;
        assert_eq!((early.status, early.code.as_deref()), (423, Some("UPLOAD_IN_PROGRESS")));
        remote.store.dawdle(false);
        world.hands.advance(TimeDelta::minutes(3));
        assert_eq!(nora.send(&place, 0, "hello").await.offset, Some(5));
        assert_eq!(nora.send(&place, 5, "world").await.offset, Some(10));
    }

    /// A sweep leaves what it cannot remove to a later one, and forgets nothing of it.
    async fn a_sweep_waits_for_the_store(remote: &Remote) {
        let world = &remote.world;
        let nora = sender(world, "Nora");
        let begun = nora.announce(9_000_000, &[("patientId", &patient(world, "Paul"))]).await;
        let place = begun.location.unwrap();
        nora.send(&place, 0, text(5_000_000)).await;
        assert_eq!(nora.give_up(&place).await.status, 204);
        remote.store.stop();
        assert_eq!(remote.sweep().await, 0);
        assert!(row(world, &id_of(&place)).await.is_some());
        remote.store.start_again().await;
        world.hands.advance(TimeDelta::minutes(6));
        assert_eq!(remote.sweep().await, 1);
        assert_eq!(row(world, &id_of(&place)).await, None);
        assert_eq!(file_store::below(&remote.store.bucket()), []);
    }

    /// Whatever a store calls it, the sender is told that there is no room; when there is some again, the upload goes on.
    async fn a_full_bucket_is_told(remote: &Remote) {
        let world = &remote.world;
        let (nora, paul) = (sender(world, "Nora"), patient(world, "Paul"));
        let begun = nora.announce(5, &[("patientId", &paul)]).await;
        let place = begun.location.unwrap();
        for (status, code) in [
            (StatusCode::INSUFFICIENT_STORAGE, "XMinioStorageFull"),
            (StatusCode::FORBIDDEN, "QuotaExceeded"),
            (StatusCode::BAD_REQUEST, "XMinioAdminBucketQuotaExceeded"),
        ] {
            remote.store.refuse(Some((status, code)));
            let refused = nora.send(&place, 0, "hello").await;
            assert_eq!((refused.status, refused.code.as_deref()), (507, Some("STORE_FULL")), "{code}");
            assert_eq!(nora.stands(&place).await.offset, Some(0));
            let (_, answer) = post(world, "Nora", true, one(&paul, "a.txt", b"hello")).await;
            assert_eq!(answer["data"]["uploadAttachment"]["errors"], json!([{ "code": "STORE_FULL", "field": ["file"] }]));
        }
        remote.store.refuse(Some((StatusCode::FORBIDDEN, "AccessDenied")));
        let refused = nora.send(&place, 0, "hello").await;
        assert_eq!((refused.status, refused.code.as_deref()), (503, Some("UNAVAILABLE")));
        remote.store.refuse(None);
        assert_eq!(nora.send(&place, 0, "hello").await.status, 204);
    }
}
