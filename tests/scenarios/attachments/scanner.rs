//! A scanner that goes away and comes back.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{AttachmentId, AttachmentStatus, UnscannedBecause, attachment};
use harness::clamav::Daemon;
use harness::patience::{PATIENCE, until};
use harness::world::World;
use harness::{Backend, on_both_databases};
use sea_orm::{ActiveModelTrait, Set};
use serde_json::{Value, json};
use tidings::realtime::InProcess;
use tokio::sync::Mutex;

use super::documents::{document, file};
use super::reading::{follow, next, status};
use super::refusing::{decide, refusal};
use super::sending::{send, sent};
use super::{patient, row, sender, text};

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

    /// The file, once the scanner has read a part of it and it was tried again so often.
    async fn scanned(&self, id: &str, again: i32) -> attachment::Model {
        until(PATIENCE, "the scanner", async || {
            let row = row(&self.world, id).await?;
            let not_whole = row.unscanned_because == Some(UnscannedBecause::NotWhole);
            (not_whole && row.attempts == again && row.leased_by.is_none()).then_some(row)
        })
        .await
    }

    /// Lets a file be due that was tried again so often.
    async fn due(&self, id: &str, again: i32) {
        let row = attachment::ActiveModel {
            organization_id: Set(self.world.clinic.organization),
            id: Set(AttachmentId::from_public(id).unwrap()),
            attempts: Set(again),
            due_at: Set(self.world.hands.now()),
            ..Default::default()
        };
        row.update(self.world.node.app.core.store.writer())
            .await
            .unwrap();
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

    /// What the scanner could not read whole is scanned again, after a day, and twice as long after each further time. When the
    /// scanner is let read more, it is clean, and whoever has the message open learns of it; before, nobody is told anything.
    async fn what_was_not_read_whole_is_scanned_again(watched: &Watched) {
        let world = &watched.world;
        let (nora, paul) = (sender(world, "Nora"), patient(world, "Paul"));
        decide(world, json!({ "attachments": { "unscanned": "ALWAYS" } })).await;
        watched.told("ok").await;
        let long = nora.upload(&paul, "a.txt", &text(3_000_000)).await;
        let first = watched.scanned(&long, 0).await;
        assert_eq!(first.due_at, world.hands.now() + TimeDelta::days(1));
        let before = json!(world.head().await);
        let socket = world.connect("Paul").await;
        let mut events = follow(&socket, world.chat, &before).await;
        sent(world, "Nora", world.chat, std::slice::from_ref(&long)).await;
        assert_eq!(status(&next(&mut events).await), ("MessagePosted", "UNSCANNED", true));

        watched.due(&long, 0).await;
        let again = watched.scanned(&long, 1).await;
        assert_eq!((again.due_at, again.sha256), (world.hands.now() + TimeDelta::days(2), first.sha256));
        watched.scanner.lock().await.stop().await;
        watched.told("failing").await;
        watched.scanner.lock().await.start_reading_more().await;
        watched.told("ok").await;
        watched.due(&long, 1).await;
        watched.clean(&long).await;
        assert_eq!(status(&next(&mut events).await), ("AttachmentInspected", "CLEAN", true));
    }

    /// After seven times more it stays as it is.
    async fn what_is_never_read_whole_is_given_up(watched: &Watched) {
        let world = &watched.world;
        watched.told("ok").await;
        let long = sender(world, "Nora").upload(&patient(world, "Paul"), "a.txt", &text(3_000_000)).await;
        watched.scanned(&long, 0).await;
        watched.due(&long, 6).await;
        watched.scanned(&long, 7).await;
        watched.due(&long, 7).await;
        assert_eq!(world.node.app.inspector.run_once().await.unwrap(), 0);
        watched.scanned(&long, 7).await;
    }
}
