//! Stopping a server, whatever its clients do.

use std::sync::Arc;

use harness::world::World;
use harness::{Backend, scenario};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use tidings::realtime::InProcess;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// As many requests as give answers that no buffer between two programs holds.
const REQUESTS: usize = 200;

/// A client that asks for much and reads no more than the first word of it.
async fn greedy(world: &World) -> TcpStream {
    let mut stream = TcpStream::connect(world.node.app.address).await.unwrap();
    let request = "GET /assets/graphiql/graphiql.min.js HTTP/1.1\r\nhost: localhost\r\naccept-encoding: gzip\r\n\r\n";
    let requests = request.repeat(REQUESTS);
    stream.write_all(requests.as_bytes()).await.unwrap();
    let mut beginning = [0; 12];
    stream.read_exact(&mut beginning).await.unwrap();
    assert_eq!(&beginning, b"HTTP/1.1 200");
    stream
}

async fn somebody_reads_nothing(backend: Backend) {
    let configure = |source: tidings::config::Source| source.with("shutdown_grace_seconds", "4");
    let world = World::start_with(backend, Arc::new(InProcess::default()), configure).await;
    let sent = world.send("Paul", world.chat, "hello").await;
    assert_eq!(sent["errors"], json!([]));
    let _greedy = greedy(&world).await;
    let store = world.node.app.core.store.clone();
    world.node.app.shutdown().await;
    let asked = store.reader().execute_unprepared("select 1").await;
    assert!(asked.is_err(), "the database was left open");
    world.database.finish().await;
}

/// What comes after the requests, down to the database, is closed although an answer is never read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_nothing_does_not_hold_a_stop_up() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        scenario::bounded(somebody_reads_nothing(backend)).await;
    }
}
