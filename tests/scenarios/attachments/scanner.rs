//! A scanner that goes away and comes back.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::AttachmentStatus;
use harness::clamav::Daemon;
use harness::patience::{PATIENCE, until};
use harness::world::World;
use harness::{Backend, on_both_databases};
use serde_json::{Value, json};
use tidings::realtime::InProcess;
use tokio::sync::Mutex;

use super::documents::{document, file};
use super::refusing::{decide, refusal};
use super::sending::{send, sent};
use super::{patient, row, sender};

/// A world with a scanner that can be stopped.
struct Watched {
    world: World,
    scanner: Mutex<Daemon>,
}

impl Watched {
    async fn start(backend: Backend) -> Self {
        let scanner = Daemon::start().await;
        let address = scanner.address();
        let world = World::start_with(backend, Arc::new(InProcess::default()), |source| {
            source.with("attachments.clamd", address)
        })
        .await;
        Self {
            world,
            scanner: Mutex::new(scanner),
        }
    }

    /// Waits until operators are told this of the scanner; the server is ready all the time.
    async fn told(&self, word: &str) {
        let client = &self.world.node.client;
        until(PATIENCE * 3, word, async || {
            let answer = client
                .http()
                .get(client.url("/readyz"))
                .send()
                .await
                .unwrap();
            assert_eq!(
                answer.status(),
                200,
                "a scanner that is away stops nothing else"
            );
            let said: Value = answer.json().await.unwrap();
            (said["scanner"] == word).then_some(())
        })
        .await;
        let metrics = client
            .http()
            .get(client.url("/metrics"))
            .send()
            .await
            .unwrap();
        assert!(
            metrics
                .text()
                .await
                .unwrap()
                .contains("tidings_scanner_answers")
        );
    }

    async fn clean(&self, id: &str) {
        let world = &self.world;
        until(PATIENCE * 3, "the inspection", async || {
            let row = row(world, id).await?;
            // What was in hand when the scanner went is put off.
            if row.due_at > world.hands.now() && row.leased_by.is_none() {
                world.hands.advance(TimeDelta::seconds(5));
            }
            (row.status == AttachmentStatus::Clean).then_some(())
        })
        .await;
    }

    async fn finish(self) {
        self.world.finish().await;
        self.scanner.into_inner().stop().await;
    }
}

on_both_databases! {
    /// Uploads go on and wait; the clinic's policy says whether they are sent and given out meanwhile; when the scanner is
    /// back, all of them are inspected.
    async fn files_wait_for_a_scanner_that_is_away(watched: &Watched) {
        let world = &watched.world;
        let (nora, paul) = (sender(world, "Nora"), patient(world, "Paul"));
        watched.told("ok").await;
        let before = nora.upload(&paul, "a.txt", b"hello").await;
        watched.clean(&before).await;

        watched.scanner.lock().await.stop().await;
        let mut waiting = Vec::new();
        for name in ["a.txt", "b.txt", "c.txt"] {
            waiting.push(nora.upload(&paul, name, b"hello").await);
        }
        watched.told("failing").await;
        for id in &waiting {
            assert_eq!(row(world, id).await.unwrap().status, AttachmentStatus::Pending);
        }
        decide(world, json!({ "attachments": { "attachPending": false } })).await;
        let refused = send(world, "Nora", world.chat, json!({ "attachmentIds": [waiting[0]] })).await;
        assert_eq!(refused["errors"], refusal("FILE_NOT_INSPECTED", "attachmentIds"));
        decide(world, json!({ "attachments": { "attachPending": true } })).await;
        sent(world, "Nora", world.chat, &waiting[..1]).await;
        let document = document(world, "Nora", "Paul", &waiting[1], json!({})).await;
        assert_eq!(file(world, "Nora", &document).await["downloadUrl"], Value::Null);
        decide(world, json!({ "attachments": { "servePending": true } })).await;
        assert!(file(world, "Nora", &document).await["downloadUrl"].is_string());

        watched.scanner.lock().await.start_again().await;
        for id in &waiting {
            watched.clean(id).await;
        }
        watched.told("ok").await;
    }
}
