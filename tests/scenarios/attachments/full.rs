//! A store of files without room, on the real program with a small disk of its own.

use futures_util::stream;
use harness::{Backend, TestDatabase, scenario};
use reqwest::Body;
use serde_json::Value;

use super::large::{MIB, Post, pieces, start};

/// Sends the rest of a file; gives the status and the code of the answer.
async fn send_rest(post: &Post, place: &str, offset: u64, length: u64) -> (u16, Value) {
    let rest = pieces(length - offset).map(Ok::<_, std::io::Error>);
    let body = Body::wrap_stream(stream::iter(rest));
    let answer = post.bytes(place, offset).body(body).send().await.unwrap();
    let status = answer.status().as_u16();
    let said: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default();
    (status, said["error"]["code"].clone())
}

/// The sender is told that there is no room, and nothing that was acknowledged is lost: what fits goes on being taken, and
/// what is there can be read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_store_is_told_and_loses_nothing() {
    scenario::bounded(async {
        let database = TestDatabase::migrated(Backend::Sqlite).await;
        let mut post = start(&database, |server| server.with_small_disk(7)).await;
        let kept = post.upload(MIB).await;
        let place = post.announce(8 * MIB).await;
        for offset in [0, 4 * MIB] {
            let answer = send_rest(&post, &place, offset, 8 * MIB).await;
            assert_eq!(answer, (507, "STORE_FULL".into()));
            assert_eq!(post.stands(&place).await, Some(4 * MIB));
        }
        // Small files come with an operation, and end in the same way.
        assert_eq!(post.upload_with_operation(6 * MIB).await, "STORE_FULL");
        post.download(&kept, MIB).await;
        let small = post.upload(MIB).await;
        post.download(&small, MIB).await;
        post.server.terminate().await;
        database.finish().await;
    })
    .await;
}
