use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use harness::ws::{Closed, Opening, Socket, Subscriber};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// A server that knows four operations: `count` sends numbers, `refuse` is refused, `close` closes the socket with 4429,
/// and `endless` sends until nobody takes any more.
async fn toy_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream));
        }
    });
    address
}

#[allow(
    clippy::result_large_err,
    reason = "the callback's type is the library's"
)]
fn choose_protocol(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    match request.headers().get("sec-websocket-protocol") {
        Some(offered) => {
            response
                .headers_mut()
                .insert("sec-websocket-protocol", offered.clone());
            Ok(response)
        }
        None => {
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = reqwest::StatusCode::BAD_REQUEST;
            Err(refusal)
        }
    }
}

async fn converse(stream: TcpStream) {
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, choose_protocol).await else {
        return;
    };
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        let message: Value = serde_json::from_str(&text).unwrap();
        let id = message["id"].clone();
        let replies = match (
            message["type"].as_str(),
            message["payload"]["query"].as_str(),
        ) {
            (Some("connection_init"), _)
                if message["payload"]["authorization"] == "Bearer wrong" =>
            {
                let frame = CloseFrame {
                    code: 4403.into(),
                    reason: "Forbidden".into(),
                };
                return drop(socket.close(Some(frame)).await);
            }
            (Some("connection_init"), _) => vec![
                json!({ "type": "connection_ack" }),
                json!({ "type": "ping" }),
            ],
            (Some("subscribe"), Some("count")) => {
                let next = |count| json!({ "id": id, "type": "next", "payload": { "data": { "count": count } } });
                vec![
                    next(1),
                    next(2),
                    next(3),
                    json!({ "id": id, "type": "complete" }),
                ]
            }
            (Some("subscribe"), Some("refuse")) => {
                vec![json!({ "id": id, "type": "error", "payload": [{ "message": "no" }] })]
            }
            (Some("subscribe"), Some("endless")) => loop {
                let endless =
                    json!({ "id": id, "type": "next", "payload": { "data": "x".repeat(1000) } });
                if socket
                    .send(Message::text(endless.to_string()))
                    .await
                    .is_err()
                {
                    return;
                }
            },
            (Some("pong"), _) => Vec::new(),
            _ => {
                let frame = CloseFrame {
                    code: 4429.into(),
                    reason: "Too many".into(),
                };
                return drop(socket.close(Some(frame)).await);
            }
        };
        for reply in replies {
            socket.send(Message::text(reply.to_string())).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_subscriber_reads_items_in_order_until_the_end() {
    let subscriber = Subscriber::connect(toy_server().await, Some("right")).await;
    let mut numbers = subscriber.subscribe("count", json!({})).await;
    let mut again = subscriber.subscribe("count", json!({})).await;
    assert_eq!(numbers.next().await, json!({ "count": 1 }));
    assert_eq!(
        numbers.drain_until(|item| item["count"] == 3).await.len(),
        2
    );
    numbers.completed().await;
    assert_eq!(again.next().await, json!({ "count": 1 }));
}

#[tokio::test]
async fn refusals_and_close_codes_are_seen() {
    let address = toy_server().await;
    let mut subscriber = Subscriber::connect(address, None).await;
    let mut refused = subscriber.subscribe("refuse", json!({})).await;
    assert_eq!(refused.refused().await, [json!({ "message": "no" })]);
    drop(subscriber.subscribe("close", json!({})).await);
    assert_eq!(
        subscriber.closed().await,
        Closed {
            code: Some(4429),
            reason: "Too many".to_owned()
        }
    );

    let mut socket = Socket::open(address, &Opening::default()).await.unwrap();
    assert_eq!(socket.protocol(), Some("graphql-transport-ws"));
    assert_eq!(
        socket.init(Some("wrong")).await.unwrap_err().code,
        Some(4403)
    );

    let without_protocol = Opening {
        protocols: None,
        ..Opening::default()
    };
    assert_eq!(
        Socket::open(address, &without_protocol).await.unwrap_err(),
        reqwest::StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_paused_subscriber_reads_on_where_it_stopped() {
    let opening = Opening {
        receive_buffer: Some(4096),
        ..Opening::default()
    };
    let subscriber = Subscriber::connect_with(toy_server().await, None, &opening).await;
    subscriber.pause();
    let mut endless = subscriber.subscribe("endless", json!({})).await;
    subscriber.resume();
    for _ in 0..100 {
        assert_eq!(endless.next().await.as_str().unwrap().len(), 1000);
    }
    subscriber.cut();
}

#[tokio::test]
#[should_panic(expected = "the socket ended")]
async fn a_socket_that_ends_is_not_waited_for() {
    let subscriber = Subscriber::connect(toy_server().await, None).await;
    subscriber.subscribe("close", json!({})).await.next().await;
}
