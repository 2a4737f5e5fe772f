//! A process that is killed while it writes a segment leaves half of one behind, under a name that the store hides.

use std::path::PathBuf;

use chrono::TimeDelta;
use entity::attachment;
use futures_util::stream;
use harness::run::{self, Folder};
use harness::tus::id_of;
use harness::{Backend, TestDatabase, file_store, on_both_databases};
use reqwest::Body;
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use tidings::domain::attachments::{self, SEGMENT_BYTES};
use tidings::domain::core::Core;

use super::large::{MIB, Post, open_in, pieces, rest, start};

const LENGTH: u64 = 2 * SEGMENT_BYTES;
/// More than the program's log, its database and the database's journal, and less than a segment.
const CUT: u64 = 3 * MIB + 1000;

/// A nurse with an upload of two segments, in the first of which the server was killed. It runs again.
struct Killed {
    database: TestDatabase,
    core: Core,
    post: Post,
    place: String,
    files: PathBuf,
}

impl Killed {
    async fn start(backend: Backend) -> Self {
        let database = TestDatabase::migrated(backend).await;
        let data = run::folder(Folder::Scratch).join(format!("killed-{}", run::unique_name()));
        let folder = data.display().to_string();
        let mut post = start(&database, |server| server.with("TIDINGS_DATA_DIR", folder)).await;
        let place = post.announce(LENGTH).await;
        post.server.limit_files(CUT).await;
        let bytes = stream::iter(pieces(LENGTH).map(Ok::<_, std::io::Error>));
        let sent = post.bytes(&place, 0).body(Body::wrap_stream(bytes));
        assert!(sent.send().await.is_err(), "the server was killed");
        post.server.ended().await;
        let core = open_in(&database, &data).await;
        let killed = Self {
            database,
            core,
            post,
            place,
            files: data.join("attachments"),
        };
        assert_eq!(killed.unfinished(), 1, "half a segment is left");
        killed.restarted().await
    }

    /// As if the lease of the dead writer had ended.
    async fn restarted(mut self) -> Self {
        self.post.server.restart().await;
        let now = self.core.clock.now();
        self.set(attachment::ActiveModel {
            leased_until: Set(None),
            leased_by: Set(None),
            expires_at: Set(Some(now + TimeDelta::hours(1))),
            ..Default::default()
        })
        .await;
        self
    }

    async fn set(&self, row: attachment::ActiveModel) {
        let update = attachment::Entity::update_many().set(row);
        update.exec(self.core.store.writer()).await.unwrap();
    }

    /// How many pieces lie there that the store hides.
    fn unfinished(&self) -> usize {
        let found = file_store::below(&self.files);
        found.iter().filter(|(path, _)| path.contains('#')).count()
    }

    /// Sweeps when the upload's time is over; nothing may be left, not even a folder.
    async fn sweep(&self) {
        self.set(attachment::ActiveModel {
            expires_at: Set(Some(self.core.clock.now() - TimeDelta::seconds(1))),
            ..Default::default()
        })
        .await;
        assert_eq!(attachments::sweep(&self.core).await.unwrap(), 1);
        assert_eq!(file_store::below(&self.files), []);
        assert_eq!(std::fs::read_dir(&self.files).unwrap().count(), 0);
    }

    async fn finish(mut self) {
        self.post.server.terminate().await;
        self.core.post_office.close().await;
        self.core.store.close().await;
        self.database.finish().await;
    }
}

on_both_databases! {
    /// The upload does not go on: the sweep leaves nothing of it.
    async fn the_sweep_leaves_nothing_of_a_killed_write(killed: &Killed) {
        killed.sweep().await;
    }

    /// The upload goes on: what is left is cleared before the next byte is stored.
    async fn an_upload_that_goes_on_clears_what_was_left(killed: &Killed) {
        let at = killed.post.stands(&killed.place).await.unwrap();
        assert_eq!(at, 0);
        let sent = killed.post.bytes(&killed.place, at).body(rest(at, LENGTH));
        assert_eq!(sent.send().await.unwrap().status(), 204);
        assert_eq!(killed.unfinished(), 0);
        killed.post.download(&id_of(&killed.place), LENGTH).await;
        killed.sweep().await;
    }
}
