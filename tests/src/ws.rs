//! `graphql-transport-ws`, as a client program speaks it, and as one that misbehaves.

use std::net::SocketAddr;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

mod subscriber;

pub use subscriber::{Subscriber, Subscription};

use crate::patience::{PATIENCE, within};

/// How a socket is opened.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The subprotocols that are offered, in order.
    pub protocols: Option<String>,
    /// The `Origin` that a browser would send.
    pub origin: Option<String>,
    /// The size of the kernel's buffer for what was received and not yet read; small ones make a paused reader felt.
    pub receive_buffer: Option<u32>,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            protocols: Some("graphql-transport-ws".to_owned()),
            origin: None,
            receive_buffer: None,
        }
    }
}

/// Why a socket ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The close code, or none if the connection broke without one.
    pub code: Option<u16>,
    /// The reason that came with the code.
    pub reason: String,
}

/// An open WebSocket on which nothing has been said yet.
#[derive(Debug)]
pub struct Socket {
    sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    stream: SplitStream<WebSocketStream<TcpStream>>,
    protocol: Option<String>,
}

impl Socket {
    /// Opens a socket to `/graphql` of the server at `address`.
    ///
    /// # Errors
    ///
    /// The HTTP status, when the server refuses the upgrade.
    pub async fn open(address: SocketAddr, opening: &Opening) -> Result<Self, StatusCode> {
        let socket = TcpSocket::new_v4().expect("a socket can be made");
        if let Some(bytes) = opening.receive_buffer {
            socket
                .set_recv_buffer_size(bytes)
                .expect("the buffer can be set");
        }
        let stream = within(PATIENCE, "a TCP connection", socket.connect(address)).await;
        let stream = stream.unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"));
        let mut request = format!("ws://{address}/graphql")
            .into_client_request()
            .expect("the address is valid");
        let headers = [
            ("sec-websocket-protocol", &opening.protocols),
            ("origin", &opening.origin),
        ];
        for (name, value) in headers {
            if let Some(value) = value {
                request.headers_mut().insert(
                    name,
                    HeaderValue::from_str(value).expect("a plain header value"),
                );
            }
        }
        match within(
            PATIENCE,
            "the WebSocket handshake",
            client_async(request, stream),
        )
        .await
        {
            Ok((stream, response)) => {
                let protocol = response.headers().get("sec-websocket-protocol");
                let protocol = protocol
                    .and_then(|value| value.to_str().ok())
                    .map(str::to_owned);
                let (sink, stream) = stream.split();
                Ok(Self {
                    sink,
                    stream,
                    protocol,
                })
            }
            Err(Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("the WebSocket handshake failed: {error}"),
        }
    }

    /// The subprotocol that the server chose.
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// Sends a message of the protocol, or anything else that is JSON.
    pub async fn send(&mut self, message: &Value) {
        self.send_raw(Message::text(message.to_string())).await;
    }

    /// Sends a frame as it is.
    pub async fn send_raw(&mut self, message: Message) {
        self.sink
            .send(message)
            .await
            .unwrap_or_else(|error| panic!("cannot send: {error}"));
    }

    /// The next message of the protocol.
    pub async fn next(&mut self) -> Value {
        match self.next_or_closed().await {
            Ok(message) => message,
            Err(closed) => panic!("expected a message, but the socket ended: {closed:?}"),
        }
    }

    /// Reads until the socket ends, and says why it did.
    pub async fn closed(&mut self) -> Closed {
        loop {
            if let Err(closed) = self.next_or_closed().await {
                return closed;
            }
        }
    }

    /// Says who one is, and waits for the server's word; a refusal closes the socket.
    ///
    /// # Errors
    ///
    /// Why the server closed the socket.
    pub async fn init(&mut self, token: Option<&str>) -> Result<(), Closed> {
        let payload = token.map_or_else(
            || json!({}),
            |token| json!({ "authorization": format!("Bearer {token}") }),
        );
        self.send(&json!({ "type": "connection_init", "payload": payload }))
            .await;
        let answer = self.next_or_closed().await?;
        assert_eq!(
            answer["type"], "connection_ack",
            "unexpected answer to connection_init: {answer}"
        );
        Ok(())
    }

    async fn next_or_closed(&mut self) -> Result<Value, Closed> {
        let next = within(
            PATIENCE,
            "a WebSocket message",
            next_message(&mut self.stream),
        )
        .await;
        next.map(|text| parse(&text))
    }
}

/// Passes control frames over; the library answers pings itself while the socket is read.
async fn next_message(
    stream: &mut SplitStream<WebSocketStream<TcpStream>>,
) -> Result<String, Closed> {
    loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
            Some(Ok(Message::Close(Some(frame)))) => {
                return Err(Closed {
                    code: Some(frame.code.into()),
                    reason: frame.reason.as_str().to_owned(),
                });
            }
            Some(Ok(Message::Close(None)) | Err(_)) | None => {
                return Err(Closed {
                    code: None,
                    reason: String::new(),
                });
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Binary(bytes))) => panic!("a binary message of {} bytes", bytes.len()),
        }
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text)
        .unwrap_or_else(|error| panic!("a message that is no JSON ({error}): {text}"))
}
