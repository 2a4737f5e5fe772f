//! A client for WebSockets that does no more than it is told.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::toy::{Toy, soon};

/// One connection.
pub(super) struct Client(pub(super) WebSocketStream<TcpStream>);

/// Opens a WebSocket, or tells the status that refused it.
pub(super) async fn open(toy: &Toy, headers: &[(&'static str, &str)]) -> Result<Client, u16> {
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
    pub(super) async fn open(toy: &Toy) -> Self {
        let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
        open(toy, &protocol).await.unwrap()
    }

    pub(super) async fn ready(toy: &Toy, token: Option<&str>) -> Self {
        let mut client = Self::open(toy).await;
        client.init(token).await;
        assert_eq!(client.receive().await, json!({ "type": "connection_ack" }));
        client
    }

    pub(super) async fn init(&mut self, token: Option<&str>) {
        let payload = token.map(|token| json!({ "authorization": format!("Bearer {token}") }));
        self.send(json!({ "type": "connection_init", "payload": payload }))
            .await;
    }

    pub(super) async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub(super) async fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    pub(super) async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({ "type": "subscribe", "id": id, "payload": { "query": query } }))
            .await;
    }

    pub(super) async fn receive(&mut self) -> Value {
        loop {
            match soon("a message", self.0.next()).await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code and the reason of the close, after whatever comes before.
    pub(super) async fn closed(mut self) -> (u16, String) {
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
