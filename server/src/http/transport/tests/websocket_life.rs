//! How connections last and end.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use serde_json::json;

use super::{
    socket::{Client, open},
    toy::{Toy, soon, until},
};
use crate::http::transport::{Settings, Timings};

fn quick(change: impl FnOnce(&mut Timings)) -> Settings {
    let mut settings = Toy::settings();
    change(&mut settings.timings);
    settings
}

#[tokio::test]
async fn a_silent_opening_times_out() {
    let toy = Toy::with(quick(|t| t.connection_init = Duration::from_millis(20))).await;
    assert_eq!(Client::open(&toy).await.closed().await.0, 4408);
}

#[tokio::test]
async fn a_person_has_so_many_connections() {
    let mut settings = Toy::settings();
    settings.limits.connections_per_person = 1;
    let toy = Toy::with(settings).await;
    let first = Client::ready(&toy, Some("ann")).await;
    let mut second = Client::open(&toy).await;
    second.init(Some("ann")).await;
    let (code, reason) = second.closed().await;
    assert_eq!(
        (code, reason.as_str()),
        (4429, "The limit connectionsPerPerson of 1 is exceeded.")
    );
    Client::ready(&toy, Some("bob")).await;
    drop(first);
    until("the end of all connections", || {
        toy.transport.inner.tasks.is_empty()
    })
    .await;
    Client::ready(&toy, Some("ann")).await;
}

#[tokio::test]
async fn a_source_opens_so_many_connections_at_once() {
    let mut settings = Toy::settings();
    settings.limits.opening_connections_per_source = 1;
    settings.limits.anonymous_connections_per_source = 0;
    let toy = Toy::with(settings).await;
    let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
    let mut first = Client::open(&toy).await;
    assert_eq!(open(&toy, &protocol).await.err(), Some(429));
    first.init(Some("ann")).await;
    assert_eq!(first.receive().await["type"], "connection_ack");
    // Its place is Ann's now, and the next may open.
    let mut second = Client::open(&toy).await;
    second.init(None).await;
    let (code, reason) = second.closed().await;
    assert_eq!(code, 4429);
    assert!(reason.contains("anonymousConnectionsPerSource"), "{reason}");
    until("the end of the second", || {
        toy.transport.inner.tasks.len() == 1
    })
    .await;
    Client::ready(&toy, Some("bob")).await;
}

#[tokio::test]
async fn an_expired_or_revoked_session_closes() {
    let toy = Toy::start().await;
    let mut client = Client::ready(&toy, Some("ann")).await;
    client.subscribe("1", "subscription { silence }").await;
    toy.advance(61);
    client.send(json!({ "type": "ping" })).await;
    assert_eq!(client.closed().await.0, 4403);

    let mut client = Client::ready(&toy, Some("ann")).await;
    client.subscribe("1", "subscription { silence }").await;
    toy.revoked.cancel();
    assert_eq!(client.closed().await.0, 4403);
}

#[tokio::test]
async fn a_quiet_connection_notices_that_its_token_expired() {
    let toy = Toy::with(quick(|t| t.ping = Duration::from_millis(10))).await;
    let client = Client::ready(&toy, Some("ann")).await;
    toy.advance(61);
    assert_eq!(client.closed().await.0, 4403);
}

#[tokio::test]
async fn a_live_connection_takes_a_fresh_token() {
    let toy = Toy::start().await;
    let mut client = Client::ready(&toy, Some("ann-short")).await;
    client.subscribe("s", "subscription { silence }").await;
    let renew = |token: &str| format!("mutation {{ renew(token: \"{token}\") }}");
    for token in ["bob", "ann-elsewhere", "wrong"] {
        client.subscribe("1", &renew(token)).await;
        let message = client.receive().await;
        assert_eq!(
            message["payload"]["errors"][0]["extensions"]["code"],
            "UNAUTHENTICATED"
        );
        client.receive().await;
    }
    client.subscribe("1", &renew("ann")).await;
    assert_eq!(client.receive().await["payload"]["data"]["renew"], true);
    client.receive().await;
    toy.advance(30);
    client.subscribe("1", "{ viewer }").await;
    assert_eq!(client.receive().await["payload"]["data"]["viewer"], "ann");
    toy.advance(31);
    client.send(json!({ "type": "ping" })).await;
    assert_eq!(client.closed().await.0, 4403);
}

#[tokio::test]
async fn a_dead_peer_is_dropped() {
    let toy = Toy::with(quick(|t| {
        t.ping = Duration::from_millis(10);
        t.peer = Duration::from_millis(100);
        t.close = Duration::from_millis(10);
    }))
    .await;
    // It is not polled, so it answers no ping.
    let _client = Client::ready(&toy, None).await;
    until("the end of the connection", || {
        toy.transport.inner.tasks.is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_peer_that_answers_pings_stays() {
    let toy = Toy::with(quick(|t| {
        t.ping = Duration::from_millis(10);
        t.peer = Duration::from_millis(500);
    }))
    .await;
    let mut client = Client::ready(&toy, None).await;
    let opened = Instant::now();
    while opened.elapsed() < Duration::from_millis(1000) {
        let message = soon("a ping", client.0.next()).await.unwrap().unwrap();
        assert!(message.is_ping(), "{message:?}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_stalls_its_streams_but_not_its_reads() {
    let toy = Toy::start().await;
    let mut client = Client::ready(&toy, None).await;
    client.subscribe("flood", "subscription { flood }").await;
    let made = || toy.shared.resolved.load(Ordering::SeqCst);
    // The kernel's buffers fill, then nothing more is made.
    let mut last = (0, Instant::now());
    soon("the stall", async {
        while last.0 == 0 || last.1.elapsed() < Duration::from_millis(300) {
            if made() != last.0 {
                last = (made(), Instant::now());
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    // The client still writes, and is heard.
    client.subscribe("m", "mutation { countLater }").await;
    client.subscribe("s", "subscription { silence }").await;
    until("the stream", || {
        toy.shared.opened_feeds.load(Ordering::SeqCst) == 1
    })
    .await;
    client.send(json!({ "type": "complete", "id": "s" })).await;
    toy.shared.gate.notify_one();
    until("the silence", || {
        toy.shared.dropped_feeds.load(Ordering::SeqCst) == 1
    })
    .await;
    until("the mutation", || made() == last.0 + 1).await;
    // And nothing is lost once it reads again.
    let mut flooded = 0;
    loop {
        let message = client.receive().await;
        if message["id"] == "m" {
            break;
        }
        flooded += 1;
    }
    assert!(flooded > 100);
    client
        .send(json!({ "type": "complete", "id": "flood" }))
        .await;
}

#[tokio::test]
async fn a_client_that_never_reads_is_closed() {
    let toy = Toy::with(quick(|t| {
        t.peer = Duration::from_millis(200);
        t.close = Duration::from_millis(10);
    }))
    .await;
    let mut client = Client::ready(&toy, None).await;
    client.subscribe("flood", "subscription { flood }").await;
    until("the end of the connection", || {
        toy.transport.inner.tasks.is_empty()
    })
    .await;
}

#[tokio::test]
async fn draining_finishes_what_answers_once_and_closes() {
    let toy = Toy::start().await;
    let mut client = Client::ready(&toy, None).await;
    client.subscribe("s", "subscription { silence }").await;
    client.subscribe("m", "mutation { countLater }").await;
    until("the mutation", || toy.transport.inner.tasks.len() == 2).await;
    until("the stream", || {
        toy.shared.opened_feeds.load(Ordering::SeqCst) == 1
    })
    .await;
    let transport = toy.transport.clone();
    let drained = tokio::spawn(async move { transport.drain().await });
    until("the end of the subscription", || {
        toy.shared.dropped_feeds.load(Ordering::SeqCst) == 1
    })
    .await;
    let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
    assert_eq!(open(&toy, &protocol).await.err(), Some(503));
    toy.shared.gate.notify_one();
    assert_eq!(client.receive().await["payload"]["data"]["countLater"], 1);
    assert_eq!(
        client.receive().await,
        json!({ "type": "complete", "id": "m" })
    );
    assert_eq!(client.closed().await.0, 1012);
    soon("draining", drained).await.unwrap();
}

#[tokio::test]
async fn draining_does_not_wait_for_ever() {
    let toy = Toy::with(quick(|t| t.drain = Duration::from_millis(20))).await;
    let mut client = Client::ready(&toy, None).await;
    client.subscribe("q", "{ waits }").await;
    client.send(json!({ "type": "ping" })).await;
    client.receive().await;
    let transport = toy.transport.clone();
    let drained = tokio::spawn(async move { transport.drain().await });
    assert_eq!(client.closed().await.0, 1012);
    soon("draining", drained).await.unwrap();
}
