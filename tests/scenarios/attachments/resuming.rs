//! Uploads that break off and go on, at any node.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use harness::patience::{PATIENCE, until};
use harness::s3::S3Store;
use harness::tus::{Sender, id_of};
use harness::world::{World, node};
use harness::{Backend, file_store, on_both_databases, scenario};
use reqwest::Body;
use std::sync::Arc;
use tidings::domain::attachments::{Place, SEGMENT_BYTES};
use tidings::realtime::InProcess;
use tokio::sync::oneshot;

use super::{patient, row, sender, text};

/// A file of three segments, the last one short.
const LENGTH: usize = 2 * SEGMENT_BYTES as usize + 1000;

/// A body whose end comes only when the test says so, if at all.
pub(super) fn held(bytes: Vec<u8>, release: oneshot::Receiver<()>) -> Body {
    let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from(bytes))]);
    let end = stream::once(async {
        match release.await {
            Ok(()) => Ok(Bytes::new()),
            Err(_) => Err(std::io::Error::other("gone")),
        }
    });
    Body::wrap_stream(first.chain(end))
}

/// The bytes of a file as the store has them.
async fn stored(world: &World, id: &str) -> Vec<u8> {
    let row = row(world, id).await.unwrap();
    let length = u64::try_from(row.length).unwrap();
    let pieces = world.node.app.core.files.stream(Place::of(&row), 0..length);
    let pieces: Vec<Bytes> = pieces.map(Result::unwrap).collect().await;
    pieces.concat()
}

async fn begin(sender: &Sender, world: &World, length: usize) -> String {
    let paul = patient(world, "Paul");
    let begun = sender
        .announce(length as u64, &[("patientId", &paul)])
        .await;
    begun.location.unwrap()
}

on_both_databases! {
    /// Pieces of any size, cut anywhere, add up to the file.
    async fn a_file_arrives_in_pieces(world: &World) {
        let nora = sender(world, "Nora");
        let bytes = text(LENGTH);
        let place = begin(&nora, world, LENGTH).await;
        let mut at = 0;
        for size in [1, 999, SEGMENT_BYTES as usize - 1000, 1, SEGMENT_BYTES as usize + 500, 499] {
            let said = nora.send(&place, at as u64, bytes[at..at + size].to_vec()).await;
            at += size;
            assert_eq!((said.status, said.offset), (204, Some(at as u64)));
        }
        assert_eq!(at, LENGTH);
        assert_eq!(nora.stands(&place).await.offset, Some(LENGTH as u64));
        assert!(stored(world, &id_of(&place)).await == bytes);
    }

    /// While one request sends, another is told to wait; when the first breaks off, what came of it stays.
    async fn a_broken_request_keeps_what_came(world: &World) {
        let nora = sender(world, "Nora");
        let bytes = text(LENGTH);
        let place = begin(&nora, world, LENGTH).await;
        let (hold, released) = oneshot::channel::<()>();
        let first = 5_000_000;
        let body = held(bytes[..first].to_vec(), released);
        let sending = tokio::spawn(nora.bytes(&place, 0).body(body).send());
        // The first segment is acknowledged in the row before the request ends.
        until(PATIENCE, "the first segment", async || {
            (row(world, &id_of(&place)).await?.received > 0).then_some(())
        })
        .await;
        let busy = nora.send(&place, SEGMENT_BYTES, "x").await;
        assert_eq!((busy.status, busy.code.as_deref()), (423, Some("UPLOAD_IN_PROGRESS")));
        drop(hold);
        assert!(sending.await.unwrap().is_err());
        let at = until(PATIENCE, "the upload's release", async || {
            row(world, &id_of(&place)).await?.leased_by.is_none().then_some(())?;
            nora.stands(&place).await.offset
        })
        .await;
        assert!((SEGMENT_BYTES..=first as u64).contains(&at), "{at}");
        let rest = nora.send(&place, at, bytes[at as usize..].to_vec()).await;
        assert_eq!(rest.status, 204);
        assert!(stored(world, &id_of(&place)).await == bytes);
    }

    /// A stop of the server ends a request in order, and the upload goes on at another node with the same store.
    async fn an_upload_goes_on_at_another_node(world: &World) {
        let store = S3Store::start().await;
        let broker = || Arc::new(InProcess::default());
        let first = node(&world.database, &world.hands, broker(), |source| store.used_by(source)).await;
        let second = node(&world.database, &world.hands, broker(), |source| store.used_by(source)).await;
        let bytes = text(LENGTH);
        let nora = Sender::new(world, &first, "Nora");
        let place = begin(&nora, world, LENGTH).await;
        let (_hold, released) = oneshot::channel::<()>();
        let body = held(bytes[..5_000_000].to_vec(), released);
        let sending = tokio::spawn(nora.bytes(&place, 0).body(body).send());
        until(PATIENCE, "the first segment", async || {
            (row(world, &id_of(&place)).await?.received > 0).then_some(())
        })
        .await;
        first.app.shutdown().await;
        drop(sending);
        let nora = Sender::new(world, &second, "Nora");
        let at = nora.stands(&place).await.offset.unwrap();
        assert!(at >= SEGMENT_BYTES);
        let rest = nora.send(&place, at, bytes[at as usize..].to_vec()).await;
        assert_eq!((rest.status, rest.offset), (204, Some(LENGTH as u64)));
        let lengths: Vec<u64> = file_store::below(&store.bucket()).into_iter().map(|(_, length)| length).collect();
        assert_eq!(lengths.iter().sum::<u64>(), LENGTH as u64);
        second.app.shutdown().await;
    }
}

/// A store that does not answer is an error that can be tried again, and nothing is acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_away_costs_nothing_but_time() {
    scenario::bounded(async {
        let store = S3Store::start().await;
        let broker = Arc::new(InProcess::default());
        let world =
            World::start_with(Backend::Sqlite, broker, |source| store.used_by(source)).await;
        let nora = sender(&world, "Nora");
        let place = begin(&nora, &world, 5).await;
        store.stop();
        tokio::time::timeout(Duration::from_secs(60), async {
            let failed = nora.send(&place, 0, "hello").await;
            assert_eq!(
                (failed.status, failed.code.as_deref()),
                (503, Some("UNAVAILABLE"))
            );
        })
        .await
        .unwrap();
        let stands = nora.stands(&place).await;
        assert_eq!((stands.status, stands.offset), (200, Some(0)));
        world.finish().await;
    })
    .await;
}
