use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::toy::{ORIGIN, Toy, soon, until};

struct Client(WebSocketStream<TcpStream>);

/// Opens a WebSocket, or tells the status that refused it.
async fn open(toy: &Toy, headers: &[(&'static str, &str)]) -> Result<Client, u16> {
    let url = format!("ws://{}/graphql", toy.address);
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers {
        request
            .headers_mut()
            .insert(*name, HeaderValue::from_str(value).unwrap());
    }
    let stream = TcpStream::connect(toy.address).await.unwrap();
    match soon("the handshake", client_async(request, stream)).await {
        Ok((socket, _)) => Ok(Client(socket)),
        Err(tokio_tungstenite::tungstenite::Error::Http(response)) => {
            Err(response.status().as_u16())
        }
        Err(other) => panic!("{other}"),
    }
}

impl Client {
    async fn open(toy: &Toy) -> Self {
        let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
        open(toy, &protocol).await.unwrap()
    }

    async fn ready(toy: &Toy, token: Option<&str>) -> Self {
        let mut client = Self::open(toy).await;
        client.init(token).await;
        assert_eq!(client.receive().await, json!({ "type": "connection_ack" }));
        client
    }

    async fn init(&mut self, token: Option<&str>) {
        let payload = token.map(|token| json!({ "authorization": format!("Bearer {token}") }));
        self.send(json!({ "type": "connection_init", "payload": payload }))
            .await;
    }

    async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    async fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({ "type": "subscribe", "id": id, "payload": { "query": query } }))
            .await;
    }

    async fn receive(&mut self) -> Value {
        loop {
            match soon("a message", self.0.next()).await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code and the reason of the close, after whatever comes before.
    async fn closed(mut self) -> (u16, String) {
        loop {
            match soon("the close", self.0.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

fn quick(
    change: impl FnOnce(&mut crate::http::transport::Timings),
) -> crate::http::transport::Settings {
    let mut settings = Toy::settings();
    change(&mut settings.timings);
    settings
}

#[tokio::test]
async fn operations_of_all_kinds_run() {
    let toy = Toy::start().await;
    let mut client = Client::ready(&toy, Some("ann")).await;
    client.subscribe("1", "{ viewer }").await;
    assert_eq!(
        client.receive().await,
        json!({ "type": "next", "id": "1", "payload": { "data": { "viewer": "ann" } } })
    );
    assert_eq!(
        client.receive().await,
        json!({ "type": "complete", "id": "1" })
    );
    client.subscribe("1", "mutation { count }").await;
    assert_eq!(client.receive().await["payload"]["data"]["count"], 1);
    assert_eq!(client.receive().await["type"], "complete");
    client
        .subscribe("s", "subscription { numbers(to: 100) }")
        .await;
    for n in 1..=100 {
        assert_eq!(client.receive().await["payload"]["data"]["numbers"], n);
    }
    assert_eq!(
        client.receive().await,
        json!({ "type": "complete", "id": "s" })
    );
}

#[tokio::test]
async fn refused_operations_are_errors_and_failed_ones_results() {
    let toy = Toy::start().await;
    let mut client = Client::ready(&toy, None).await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { numbers(to: 1) b: numbers(to: 1) }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("query($v: Int!) { hello(times: $v) }", "BAD_USER_INPUT"),
    ] {
        client.subscribe("1", query).await;
        let message = client.receive().await;
        assert_eq!(message["type"], "error", "{query}");
        assert_eq!(message["payload"][0]["extensions"]["code"], code, "{query}");
    }
    for (query, code) in [
        ("{ coded }", "NOT_FOUND"),
        ("subscription { forbidden }", "FORBIDDEN"),
        ("{ leaky }", "INTERNAL"),
    ] {
        client.subscribe("1", query).await;
        let message = client.receive().await;
        assert_eq!(message["type"], "next", "{query}");
        assert_eq!(message["payload"]["errors"][0]["extensions"]["code"], code);
        assert_eq!(client.receive().await["type"], "complete");
    }
    client.subscribe("1", "subscription { panicking }").await;
    assert_eq!(client.receive().await["payload"]["data"]["panicking"], 1);
    let message = client.receive().await;
    assert_eq!(message["type"], "error");
    assert_eq!(message["payload"][0]["extensions"]["code"], "INTERNAL");
    assert!(!message.to_string().contains("secret"));
    client.subscribe("1", "{ hello }").await;
    assert_eq!(client.receive().await["payload"]["data"]["hello"], "hello");
}

#[tokio::test]
async fn messages_out_of_order_close_with_their_codes() {
    let toy = Toy::start().await;
    let subscribe = r#"{"type":"subscribe","id":"1","payload":{"query":"subscription{silence}"}}"#;
    let init = r#"{"type":"connection_init"}"#;
    for (messages, code) in [
        (vec![subscribe], 4401),
        (vec![init, init], 4429),
        (vec!["nonsense"], 4400),
        (vec![init, "[]"], 4400),
        (vec![init, r#"{"type":"start","id":"1"}"#], 4400),
        (
            vec![init, r#"{"type":"subscribe","id":"1","payload":{}}"#],
            4400,
        ),
        (vec![init, r#"{"type":"connection_ack"}"#], 4400),
        (vec![r#"{"type":"connection_init","payload":"x"}"#], 4400),
    ] {
        let mut client = Client::open(&toy).await;
        for message in &messages {
            client.send_text(message).await;
        }
        assert_eq!(client.closed().await.0, code, "{messages:?}");
    }

    let mut client = Client::ready(&toy, None).await;
    let id = "é".repeat(60);
    client.subscribe(&id, "subscription { silence }").await;
    client.subscribe(&id, "{ hello }").await;
    let (code, reason) = client.closed().await;
    assert_eq!(code, 4409);
    assert!(
        reason.starts_with("Subscriber for éé") && reason.len() <= 123,
        "{reason}"
    );

    let mut client = Client::ready(&toy, None).await;
    client.0.send(Message::binary(vec![1, 2])).await.unwrap();
    assert_eq!(client.closed().await.0, 4400);
}

#[tokio::test]
async fn broken_frames_close_with_the_codes_of_the_protocol_below() {
    let toy = Toy::start().await;
    let mut client = Client::ready(&toy, None).await;
    client.send_text(&"x".repeat(300_000)).await;
    assert_eq!(client.closed().await.0, 1009);

    use tokio_tungstenite::tungstenite::protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    };
    let mut client = Client::ready(&toy, None).await;
    let frame = Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    client.0.send(Message::Frame(frame)).await.unwrap();
    assert_eq!(client.closed().await.0, 1007);
}

#[tokio::test]
async fn tokens_are_checked_at_the_start() {
    let toy = Toy::start().await;
    for (token, code) in [("wrong", 4403), ("expired", 4403), ("down", 1013)] {
        let mut client = Client::open(&toy).await;
        client.init(Some(token)).await;
        assert_eq!(client.closed().await.0, code, "{token}");
    }
    let headers = [
        ("sec-websocket-protocol", "graphql-transport-ws"),
        ("authorization", "Bearer bob"),
    ];
    let mut client = open(&toy, &headers).await.unwrap();
    client.init(None).await;
    client.receive().await;
    client.subscribe("1", "{ viewer }").await;
    assert_eq!(client.receive().await["payload"]["data"]["viewer"], "bob");
}

#[tokio::test]
async fn a_silent_opening_times_out() {
    let toy = Toy::with(quick(|t| t.connection_init = Duration::from_millis(20))).await;
    assert_eq!(Client::open(&toy).await.closed().await.0, 4408);
}

#[tokio::test]
async fn only_the_one_protocol_is_spoken() {
    let toy = Toy::start().await;
    let both = [("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")];
    let mut client = open(&toy, &both).await.unwrap();
    client.init(None).await;
    assert_eq!(client.receive().await["type"], "connection_ack");
    assert_eq!(open(&toy, &[]).await.unwrap().closed().await.0, 4406);
    let legacy = [("sec-websocket-protocol", "graphql-ws")];
    assert_eq!(open(&toy, &legacy).await.unwrap().closed().await.0, 4406);
}

#[tokio::test]
async fn foreign_pages_open_no_socket() {
    let toy = Toy::start().await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let foreign = [protocol, ("origin", "https://evil.example")];
    assert_eq!(open(&toy, &foreign).await.err(), Some(403));
    assert!(open(&toy, &[protocol, ("origin", ORIGIN)]).await.is_ok());
}

#[tokio::test]
async fn pings_are_answered_with_their_payload() {
    let toy = Toy::start().await;
    let mut client = Client::open(&toy).await;
    client
        .send(json!({ "type": "ping", "payload": { "n": 1 } }))
        .await;
    assert_eq!(
        client.receive().await,
        json!({ "type": "pong", "payload": { "n": 1 } })
    );
    client.send(json!({ "type": "ping" })).await;
    assert_eq!(client.receive().await, json!({ "type": "pong" }));
    client.send(json!({ "type": "pong" })).await;
    client
        .send(json!({ "type": "complete", "id": "unknown" }))
        .await;
    client.init(None).await;
    assert_eq!(client.receive().await["type"], "connection_ack");
}

#[tokio::test]
async fn a_completed_operation_ends_and_frees_its_id() {
    let toy = Toy::start().await;
    let mut client = Client::ready(&toy, None).await;
    client.subscribe("1", "subscription { silence }").await;
    until("the stream", || {
        toy.shared.opened_feeds.load(Ordering::SeqCst) == 1
    })
    .await;
    client.send(json!({ "type": "complete", "id": "1" })).await;
    client.subscribe("1", "{ hello }").await;
    assert_eq!(client.receive().await["type"], "next");
    assert_eq!(client.receive().await["type"], "complete");
    until("the end of the stream", || {
        toy.shared.dropped_feeds.load(Ordering::SeqCst) == 1
    })
    .await;
}

#[tokio::test]
async fn a_connection_runs_so_many_operations() {
    let mut settings = Toy::settings();
    settings.limits.operations_per_connection = 2;
    let toy = Toy::with(settings).await;
    let mut client = Client::ready(&toy, None).await;
    for id in ["1", "2", "3"] {
        client.subscribe(id, "subscription { silence }").await;
    }
    let message = client.receive().await;
    assert_eq!(
        (&message["type"], &message["id"]),
        (&json!("error"), &json!("3"))
    );
    assert_eq!(
        message["payload"][0]["extensions"],
        json!({ "code": "LIMIT_EXCEEDED", "limit": "operationsPerConnection", "max": 2 })
    );
    client.send(json!({ "type": "complete", "id": "1" })).await;
    client.subscribe("3", "{ hello }").await;
    assert_eq!(client.receive().await["type"], "next");
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
    for token in ["bob", "wrong"] {
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
