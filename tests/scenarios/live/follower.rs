//! A client that comes back: it keeps the position that it saw last, and resumes from there.

use std::net::SocketAddr;

use entity::{ConversationId, OrganizationId, PersonId, PersonKind};
use futures_util::{SinkExt, StreamExt};
use harness::patience::PATIENCE;
use serde_json::{Value, json};
use tidings::domain::core::Core;
use tidings::domain::event_log::{Event, Position, read_page};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, client_async};

/// What a follower watches.
#[derive(Clone, Copy, Debug)]
pub enum Watched {
    /// Alerts to this person.
    Alerts(PersonId),
    /// One conversation.
    Conversation(ConversationId),
}

const ALERTS: &str = "subscription ($after: Position) { messageAlerts(after: $after) { __typename
    ... on MessageAlert { position message { id body } } } }";

const EVENTS: &str = "subscription ($after: Position, $id: ID!) { conversationEvents(conversationId: $id, after: $after) { __typename
    ... on MessagePosted { position message { id body } } } }";

impl Watched {
    /// The messages of the log that whoever watches this is to be given, by their ids, in order.
    pub fn of(self, log: &[Event]) -> Vec<String> {
        let concerns = |event: &&Event| match self {
            Self::Alerts(person) => {
                event.what.actor.map(PersonId::kind)
                    == Some(match person.kind() {
                        PersonKind::Staff => PersonKind::Patient,
                        PersonKind::Patient => PersonKind::Staff,
                    })
            }
            Self::Conversation(id) => event.what.conversation == Some(id),
        };
        let message = |event: &Event| event.what.message.map(|id| id.to_public());
        log.iter().filter(concerns).filter_map(message).collect()
    }

    fn operation(self, after: &str) -> Value {
        match self {
            Self::Alerts(_) => json!({ "query": ALERTS, "variables": { "after": after } }),
            Self::Conversation(id) => {
                json!({ "query": EVENTS, "variables": { "after": after, "id": id.to_public() } })
            }
        }
    }
}

/// Everything that an organization's log holds.
pub async fn whole_log(core: &Core, organization: OrganizationId) -> Vec<Event> {
    let mut log = Vec::<Event>::new();
    loop {
        let last = log.last().map_or(Position(0), |event| event.position);
        let page = read_page(core, organization, last, 1000).await.unwrap();
        if page.is_empty() {
            return log;
        }
        log.extend(page);
    }
}

/// A client that resumes. It panics when it is given anything twice, out of order, or an error.
pub struct Follower {
    /// What it watches.
    pub watched: Watched,
    /// The ids of the messages that it was given, in the order in which they came.
    pub given: Vec<String>,
    /// Where the server is; another node may take over.
    pub address: SocketAddr,
    organization: OrganizationId,
    token: String,
    last: Position,
    last_words: String,
}

/// An open subscription. What is not read waits in the kernel, and then with the server.
pub struct Stream(WebSocketStream<TcpStream>);

/// How reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// The message came after which there is none.
    Done,
    /// The connection ended; there is more.
    Lost,
}

impl Follower {
    /// A client that has seen everything up to `last`, and is done when a message of the text `last_words` comes.
    pub fn new(
        address: SocketAddr,
        organization: OrganizationId,
        token: &str,
        watched: Watched,
        last: Position,
        last_words: &str,
    ) -> Self {
        Self {
            watched,
            given: Vec::new(),
            address,
            organization,
            token: token.to_owned(),
            last,
            last_words: last_words.to_owned(),
        }
    }

    /// Connects and resumes; none when the server is not there.
    pub async fn open(&self, receive_buffer: Option<u32>) -> Option<Stream> {
        timeout(PATIENCE, self.try_open(receive_buffer))
            .await
            .ok()?
    }

    async fn try_open(&self, receive_buffer: Option<u32>) -> Option<Stream> {
        let socket = TcpSocket::new_v4().ok()?;
        if let Some(bytes) = receive_buffer {
            socket.set_recv_buffer_size(bytes).ok()?;
        }
        let tcp = socket.connect(self.address).await.ok()?;
        let mut request = format!("ws://{}/graphql", self.address)
            .into_client_request()
            .ok()?;
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let (mut stream, _) = client_async(request, tcp).await.ok()?;
        let init = json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {}", self.token) } });
        stream.send(Message::text(init.to_string())).await.ok()?;
        while !matches!(stream.next().await?.ok()?, Message::Text(text) if text.contains("connection_ack"))
        {
        }
        let after = self.last.to_public(self.organization);
        let payload = self.watched.operation(&after);
        let subscribe = json!({ "id": "1", "type": "subscribe", "payload": payload });
        stream
            .send(Message::text(subscribe.to_string()))
            .await
            .ok()?;
        Some(Stream(stream))
    }

    /// Reads until the end or until the connection is lost. It can be dropped at any time.
    pub async fn read(&mut self, stream: &mut Stream) -> Parting {
        loop {
            match stream.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    if self.take(&text) {
                        return Parting::Done;
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_) | Message::Close(_) | Message::Frame(_)) | Err(_))
                | None => {
                    return Parting::Lost;
                }
            }
        }
    }

    /// Connects, resumes and reads.
    pub async fn follow(&mut self) -> Parting {
        match self.open(None).await {
            Some(mut stream) => self.read(&mut stream).await,
            None => Parting::Lost,
        }
    }

    /// Takes a message of the protocol; tells whether it was the last.
    fn take(&mut self, text: &str) -> bool {
        let frame: Value = serde_json::from_str(text).unwrap();
        if frame["type"] == "complete" {
            return false;
        }
        let data = &frame["payload"]["data"];
        let item = match self.watched {
            Watched::Alerts(_) => &data["messageAlerts"],
            Watched::Conversation(_) => &data["conversationEvents"],
        };
        let kind = item["__typename"].as_str();
        assert!(
            matches!(kind, Some("MessageAlert" | "MessagePosted")),
            "after {:?} came {frame}",
            self.last
        );
        let position = item["position"].as_str().unwrap();
        let position = Position::from_public(position, self.organization).unwrap();
        assert!(
            position > self.last,
            "{position:?} came after {:?}",
            self.last
        );
        self.last = position;
        self.given
            .push(item["message"]["id"].as_str().unwrap().to_owned());
        item["message"]["body"] == self.last_words
    }
}
