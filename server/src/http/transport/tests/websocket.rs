use std::sync::atomic::Ordering;

use futures_util::SinkExt;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{
    socket::{Client, open},
    toy::{ORIGIN, Toy, soon, until},
};

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
    client.send_text(&"x".repeat(1_100_000)).await;
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
    for (token, code) in [
        ("wrong", 4403),
        ("expired", 4403),
        ("down", 1013),
        ("broken", 4500),
    ] {
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
async fn a_completed_mutation_keeps_its_place_until_it_ends() {
    let mut settings = Toy::settings();
    settings.limits.operations_per_connection = 2;
    let toy = Toy::with(settings).await;
    let mut client = Client::ready(&toy, None).await;
    for id in ["1", "2"] {
        client.subscribe(id, "mutation { countLater }").await;
        client.send(json!({ "type": "complete", "id": id })).await;
    }
    client.subscribe("1", "{ hello }").await;
    let message = client.receive().await;
    assert_eq!(
        message["payload"][0]["extensions"]["limit"],
        "operationsPerConnection"
    );
    toy.shared.gate.notify_one();
    toy.shared.gate.notify_one();
    until("the mutations", || {
        toy.shared.resolved.load(Ordering::SeqCst) == 2
    })
    .await;
    // The connection may hear this before it hears that they have ended.
    soon("a place", async {
        loop {
            client.subscribe("1", "{ hello }").await;
            if client.receive().await["type"] == "next" {
                break;
            }
        }
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
