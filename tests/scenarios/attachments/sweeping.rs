//! What nothing makes use of is removed, and nothing else.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::TimeDelta;
use harness::s3::S3Store;
use harness::tus::id_of;
use harness::world::World;
use harness::{Backend, file_store, on_both_databases, scenario};
use tidings::domain::attachments::{self, UNUSED};
use tidings::realtime::InProcess;

use super::{patient, row, sender, text};

/// Lets the world's node keep its files where the test can look.
async fn world_with_store(backend: Backend) -> (World, S3Store, PathBuf) {
    let store = S3Store::start().await;
    let folder = store.bucket();
    let broker = Arc::new(InProcess::default());
    let world = World::start_with(backend, broker, |source| store.used_by(source)).await;
    (world, store, folder)
}

async fn sweep(world: &World) -> u64 {
    attachments::sweep(&world.node.app.core).await.unwrap()
}

on_both_databases! {
    /// An upload that was given up does not exist any more, and leaves a file in use alone.
    async fn a_given_up_upload_is_gone(world: &World) {
        let nora = sender(world, "Nora");
        let paul = patient(world, "Paul");
        let begun = nora.announce(10, &[("patientId", &paul)]).await;
        let place = begun.location.unwrap();
        nora.send(&place, 0, "hello").await;
        let other = nora.upload(&paul, "kept.txt", b"kept").await;
        assert_eq!(nora.give_up(&place).await.status, 204);
        assert_eq!(nora.stands(&place).await.status, 404);
        assert_eq!(nora.send(&place, 5, "world").await.status, 404);
        assert_eq!(sweep(world).await, 1);
        assert_eq!(row(world, &id_of(&place)).await, None);
        assert!(row(world, &other).await.is_some());
    }

    /// A file that nothing has made use of for an hour goes; a broken upload goes after a day.
    async fn orphans_go_after_their_time(world: &World) {
        let nora = sender(world, "Nora");
        let paul = patient(world, "Paul");
        let whole = nora.upload(&paul, "orphan.txt", b"orphan").await;
        let begun = nora.announce(10, &[("patientId", &paul)]).await;
        let broken = begun.location.unwrap();
        nora.send(&broken, 0, "hello").await;
        world.hands.advance(UNUSED - TimeDelta::seconds(1));
        assert_eq!(sweep(world).await, 0);
        world.hands.advance(TimeDelta::seconds(2));
        assert_eq!(sweep(world).await, 1);
        assert_eq!(row(world, &whole).await, None);
        assert!(row(world, &id_of(&broken)).await.is_some());
        world.hands.advance(TimeDelta::hours(24));
        assert_eq!(sweep(world).await, 1);
        assert_eq!(row(world, &id_of(&broken)).await, None);
    }
}

/// After the sweep the store holds no byte of what was removed, and a store that is away leaves the work for later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_is_left_behind() {
    scenario::bounded(async {
        let (world, _store, folder) = world_with_store(Backend::Sqlite).await;
        let nora = sender(&world, "Nora");
        let begun = nora
            .announce(9_000_000, &[("patientId", &patient(&world, "Paul"))])
            .await;
        let place = begun.location.unwrap();
        nora.send(&place, 0, text(5_000_000)).await;
        assert!(!file_store::below(&folder).is_empty());
        world.hands.advance(TimeDelta::hours(25));
        assert_eq!(sweep(&world).await, 1);
        assert_eq!(file_store::below(&folder), []);
        world.finish().await;
    })
    .await;
}
