//! What an inspection finds, and what comes of it.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{AttachmentStatus, UnscannedBecause, attachment};
use harness::patience::{PATIENCE, until};
use harness::s3::S3Store;
use harness::world::{Node, World, node};
use harness::{bomb, clamav, file_store, on_both_databases};
use tidings::realtime::InProcess;

use super::{patient, row, sender, set_status, text};

/// A node of the world that keeps its files in `store` and asks a scanner.
async fn scanning(world: &World, store: &S3Store, scanner: &str) -> Node {
    let broker = Arc::new(InProcess::default());
    node(&world.database, &world.hands, broker, |source| {
        store.used_by(source).with("attachments.clamd", scanner)
    })
    .await
}

/// Waits until a file was inspected.
async fn inspected(world: &World, id: &str) -> attachment::Model {
    until(PATIENCE, "the inspection", async || {
        let row = row(world, id).await?;
        (row.status != AttachmentStatus::Pending && row.disposal.is_none()).then_some(row)
    })
    .await
}

on_both_databases! {
    /// Without a scanner a file has its checksum, and is called what it is: not scanned.
    async fn without_a_scanner_files_are_unscanned(world: &World) {
        let id = sender(world, "Nora").upload(&patient(world, "Paul"), "a.txt", b"hello").await;
        let row = inspected(world, &id).await;
        assert_eq!(
            (row.status, row.unscanned_because),
            (AttachmentStatus::Unscanned, Some(UnscannedBecause::NoScanner))
        );
        let hash = row.sha256.unwrap();
        assert_eq!(hash[..4], [0x2c, 0xf2, 0x4d, 0xba]);
    }

    /// What a scanner could not read whole is not looked at where there is no scanner: it would seem as if there had been none when
    /// it arrived, which clinics may take for good enough.
    async fn without_a_scanner_nothing_is_scanned_again(world: &World) {
        let id = sender(world, "Nora").upload(&patient(world, "Paul"), "a.txt", b"hello").await;
        inspected(world, &id).await;
        set_status(world, &id, (AttachmentStatus::Unscanned, Some(UnscannedBecause::NotWhole))).await;
        world.hands.advance(TimeDelta::days(2));
        let before = row(world, &id).await;
        assert_eq!(world.node.app.inspector.run_once().await.unwrap(), 0);
        assert_eq!(row(world, &id).await, before);
        assert!(before.is_some_and(|row| row.due_at < world.hands.now()));
    }

    /// Another checksum than the announced one, and a text that is none to its end: refused, and the bytes are removed.
    async fn what_is_not_as_announced_is_refused(world: &World) {
        let nora = sender(world, "Nora");
        let paul = patient(world, "Paul");
        let wrong = [("patientId", paul.as_str()), ("sha256", &"ab".repeat(32))];
        let said = nora.announce_with(b"hello", &wrong).await;
        let wrong = inspected(world, &harness::tus::id_of(&said.location.unwrap())).await;
        assert_eq!((wrong.status, wrong.sha256), (AttachmentStatus::Refused, None));
        let mut bytes = text(300_000);
        bytes[250_000] = 0;
        let turned = nora.upload(&paul, "a.txt", &bytes).await;
        assert_eq!(inspected(world, &turned).await.status, AttachmentStatus::Refused);
    }
}

/// A world of its own for each scanner: a node without one would inspect what waits for another.
async fn with_scanner(scanner: &str, story: impl AsyncFnOnce(&World, &S3Store)) {
    harness::scenario::bounded(async {
        let store = S3Store::start().await;
        let broker = Arc::new(InProcess::default());
        let world = World::start_with(harness::Backend::Sqlite, broker, |source| {
            store.used_by(source).with("attachments.clamd", scanner)
        })
        .await;
        story(&world, &store).await;
        world.finish().await;
    })
    .await;
}

/// ClamAV finds the EICAR test file; its bytes go and its row stays. A good file is clean, and one that is longer than the
/// scanner takes is not called clean.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scanner_is_asked() {
    with_scanner(&clamav::address(), async |world, store| {
        let nora = sender(world, "Nora");
        let paul = patient(world, "Paul");
        let bad = nora.upload(&paul, "invoice.pdf", &clamav::eicar()).await;
        let row = inspected(world, &bad).await;
        assert_eq!(row.status, AttachmentStatus::Infected);
        assert_eq!(file_store::below(&store.bucket()), []);
        let good = nora.upload(&paul, "a.txt", b"hello").await;
        assert_eq!(
            inspected(world, &good).await.status,
            AttachmentStatus::Clean
        );
        let long = nora.upload(&paul, "a.txt", &text(3_000_000)).await;
        let row = inspected(world, &long).await;
        assert_eq!(
            (row.status, row.unscanned_because),
            (
                AttachmentStatus::Unscanned,
                Some(UnscannedBecause::NotWhole)
            )
        );
    })
    .await;
}

/// Documents and pictures that unpack to far more than anybody reads are short enough to be uploaded. What the scanner did
/// not read whole is not called clean, and no small picture is made of what would fill the memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bombs_are_not_called_clean() {
    with_scanner(&clamav::address(), async |world, _store| {
        let nora = sender(world, "Nora");
        let paul = patient(world, "Paul");
        let document = bomb::docx(1024);
        assert!(document.len() < 2_000_000, "{}", document.len());
        let id = nora.upload(&paul, "a.docx", &document).await;
        let found = inspected(world, &id).await;
        assert!(
            found
                .media_type
                .unwrap()
                .ends_with("wordprocessingml.document")
        );
        assert_eq!(
            (found.status, found.unscanned_because),
            (
                AttachmentStatus::Unscanned,
                Some(UnscannedBecause::NotWhole)
            )
        );
        let small = nora.upload(&paul, "a.docx", &bomb::docx(1)).await;
        assert_eq!(
            inspected(world, &small).await.status,
            AttachmentStatus::Clean,
            "a document is no bomb for being one"
        );
        let picture = nora.upload(&paul, "a.png", &bomb::png(20_000)).await;
        let found = inspected(world, &picture).await;
        assert_eq!(
            (found.status, found.thumbnail_length),
            (AttachmentStatus::Clean, None)
        );
    })
    .await;
}

/// As long as the scanner is away a file waits; when there is one again, it is inspected.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scanner_that_is_down_is_waited_for() {
    let nobody = format!("tcp://{}", harness::process::free_address());
    with_scanner(&nobody, async |world, store| {
        let nora = sender(world, "Nora");
        let id = nora
            .upload(&patient(world, "Paul"), "a.txt", b"hello")
            .await;
        assert_eq!(world.node.app.inspector.run_once().await.unwrap(), 0);
        let waiting = row(world, &id).await.unwrap();
        assert_eq!(
            (waiting.status, waiting.attempts),
            (AttachmentStatus::Pending, 0),
            "what nobody can inspect is not tried in vain"
        );
        let other = scanning(world, store, &clamav::address()).await;
        until(PATIENCE, "the inspection", async || {
            let row = row(world, &id).await?;
            (row.status == AttachmentStatus::Clean).then_some(())
        })
        .await;
        other.app.shutdown().await;
    })
    .await;
}
