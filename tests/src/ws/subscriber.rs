use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::select;
use tokio::sync::{Mutex as AsyncMutex, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;

use super::{Closed, Opening, Socket, next_message, parse};
use crate::patience::{PATIENCE, within};

type Sink = Arc<
    AsyncMutex<futures_util::stream::SplitSink<super::WebSocketStream<super::TcpStream>, Message>>,
>;
type Routes = Arc<Mutex<HashMap<String, mpsc::UnboundedSender<Item>>>>;

/// A signed-in connection with any number of operations on it.
#[derive(Debug)]
pub struct Subscriber {
    sink: Sink,
    routes: Routes,
    next_id: Mutex<u64>,
    paused: watch::Sender<bool>,
    closed: watch::Receiver<Option<Closed>>,
    reader: JoinHandle<()>,
}

/// What arrived for one operation.
#[derive(Debug)]
enum Item {
    Next(Value),
    Error(Value),
    Complete,
}

impl Subscriber {
    /// Opens a socket and signs in with `token`; `None` connects as nobody.
    ///
    /// # Panics
    ///
    /// When the server refuses; [`Socket`] is for tests of refusals.
    pub async fn connect(address: SocketAddr, token: Option<&str>) -> Self {
        Self::connect_with(address, token, &Opening::default()).await
    }

    /// The same with a say in how the socket is opened.
    pub async fn connect_with(address: SocketAddr, token: Option<&str>, opening: &Opening) -> Self {
        let socket = Socket::open(address, opening).await;
        let mut socket =
            socket.unwrap_or_else(|status| panic!("the upgrade was refused with {status}"));
        let greeting = socket.init(token).await;
        greeting.unwrap_or_else(|closed| panic!("connection_init was refused: {closed:?}"));
        Self::over(socket)
    }

    fn over(socket: Socket) -> Self {
        let sink: Sink = Arc::new(AsyncMutex::new(socket.sink));
        let routes = Routes::default();
        let (paused, mut pausing) = watch::channel(false);
        let (ended, closed) = watch::channel(None);
        let (mut stream, answers, targets) =
            (socket.stream, Arc::clone(&sink), Arc::clone(&routes));
        let reader = tokio::spawn(async move {
            while until_paused_is(&mut pausing, false).await {
                let next = select! {
                    biased;
                    _ = until_paused_is(&mut pausing, true) => continue,
                    next = next_message(&mut stream) => next,
                };
                match next {
                    Ok(text) => route(parse(&text), &targets, &answers).await,
                    Err(closed) => {
                        targets.lock().unwrap().clear();
                        ended.send_replace(Some(closed));
                        return;
                    }
                }
            }
        });
        Self {
            sink,
            routes,
            next_id: Mutex::new(1),
            paused,
            closed,
            reader,
        }
    }

    /// Starts an operation, of whatever kind.
    pub async fn subscribe(&self, query: &str, variables: Value) -> Subscription {
        let id = {
            let mut next = self.next_id.lock().unwrap();
            let id = next.to_string();
            *next += 1;
            id
        };
        let (sender, items) = mpsc::unbounded_channel();
        self.routes.lock().unwrap().insert(id.clone(), sender);
        let payload = json!({ "query": query, "variables": variables });
        self.send(&json!({ "id": id, "type": "subscribe", "payload": payload }))
            .await;
        Subscription {
            id,
            items,
            sink: Arc::clone(&self.sink),
            closed: self.closed.clone(),
        }
    }

    /// Sends a message of the protocol as it is.
    pub async fn send(&self, message: &Value) {
        send(&self.sink, message).await;
    }

    /// Stops reading the socket; what arrives waits in the kernel, and then with the server.
    pub fn pause(&self) {
        self.paused.send_replace(true);
    }

    /// Reads again.
    pub fn resume(&self) {
        self.paused.send_replace(false);
    }

    /// Waits for the socket's end, and says why it ended.
    pub async fn closed(&mut self) -> Closed {
        let ended = within(
            PATIENCE,
            "the socket's end",
            self.closed.wait_for(Option::is_some),
        )
        .await;
        let closed = ended.expect("the reader says why it ends").clone();
        closed.expect("the wait was for a reason")
    }

    /// Breaks the connection without a word, as a telephone in a tunnel does.
    pub fn cut(self) {
        drop(self);
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// One operation of a [`Subscriber`].
#[derive(Debug)]
pub struct Subscription {
    id: String,
    items: mpsc::UnboundedReceiver<Item>,
    sink: Sink,
    closed: watch::Receiver<Option<Closed>>,
}

impl Subscription {
    /// The data of the next item.
    ///
    /// # Panics
    ///
    /// When there is none within ten seconds, or errors, or the end of the operation or of the socket.
    pub async fn next(&mut self) -> Value {
        let (data, errors) = self.next_with_errors().await;
        assert!(
            errors.is_empty(),
            "the item has errors: {}",
            Value::from(errors)
        );
        data
    }

    /// The data and the errors of the next item.
    pub async fn next_with_errors(&mut self) -> (Value, Vec<Value>) {
        match self.item("an item").await {
            Item::Next(mut payload) => {
                let errors = payload["errors"].as_array().cloned().unwrap_or_default();
                (payload["data"].take(), errors)
            }
            Item::Error(errors) => {
                panic!("expected an item, but the operation was refused: {errors}")
            }
            Item::Complete => panic!("expected an item, but the operation was completed"),
        }
    }

    /// The data of an item that has come already.
    pub fn try_next(&mut self) -> Option<Value> {
        match self.items.try_recv() {
            Ok(Item::Next(mut payload)) => Some(payload["data"].take()),
            Ok(Item::Error(_) | Item::Complete) | Err(_) => None,
        }
    }

    /// The errors with which the server refused or ended the operation.
    pub async fn refused(&mut self) -> Vec<Value> {
        match self.item("a refusal").await {
            Item::Error(Value::Array(errors)) => errors,
            Item::Error(other) => panic!("the refusal is no list of errors: {other}"),
            Item::Next(payload) => panic!("expected a refusal, but got an item: {payload}"),
            Item::Complete => panic!("expected a refusal, but the operation was completed"),
        }
    }

    /// The errors of an operation that brings nothing else, whether it was refused or failed.
    pub async fn refused_or_failed(&mut self) -> Vec<Value> {
        match self.item("errors").await {
            Item::Error(errors) => errors.as_array().cloned().unwrap_or_default(),
            Item::Next(payload) => {
                assert!(
                    payload["data"].is_null(),
                    "expected errors only, but got {payload}"
                );
                payload["errors"].as_array().cloned().unwrap_or_default()
            }
            Item::Complete => panic!("expected errors, but the operation was completed"),
        }
    }

    /// Waits until the server completes the operation, passing items over.
    pub async fn completed(&mut self) {
        loop {
            match self.item("the end of the operation").await {
                Item::Next(_) => {}
                Item::Error(errors) => {
                    panic!("expected the end, but the operation was refused: {errors}")
                }
                Item::Complete => return,
            }
        }
    }

    /// All items up to and with the first that `is_marker` knows. A test that wants to see nothing causes a marker
    /// after it, and looks at what came before the marker.
    pub async fn drain_until(&mut self, mut is_marker: impl FnMut(&Value) -> bool) -> Vec<Value> {
        let mut drained = Vec::new();
        loop {
            let item = self.next().await;
            let last = is_marker(&item);
            drained.push(item);
            if last {
                return drained;
            }
        }
    }

    /// Tells the server that no more is wanted.
    pub async fn complete(self) {
        send(&self.sink, &json!({ "id": self.id, "type": "complete" })).await;
    }

    async fn item(&mut self, what: &str) -> Item {
        let Some(item) = within(PATIENCE, what, self.items.recv()).await else {
            let ended = within(
                PATIENCE,
                "the socket's end",
                self.closed.wait_for(Option::is_some),
            )
            .await;
            panic!(
                "expected {what}, but the socket ended: {:?}",
                ended.as_deref()
            );
        };
        item
    }
}

/// Whether the subscriber is still there to pause or resume.
async fn until_paused_is(pausing: &mut watch::Receiver<bool>, wanted: bool) -> bool {
    pausing.wait_for(|&paused| paused == wanted).await.is_ok()
}

async fn route(message: Value, routes: &Routes, answers: &Sink) {
    let kind = message["type"].as_str().unwrap_or_default();
    let item = match kind {
        "ping" => return send(answers, &json!({ "type": "pong" })).await,
        "pong" => return,
        "next" => Item::Next(message["payload"].clone()),
        "error" => Item::Error(message["payload"].clone()),
        "complete" => Item::Complete,
        _ => panic!("a message that the protocol does not know: {message}"),
    };
    let id = message["id"]
        .as_str()
        .unwrap_or_else(|| panic!("a message without an id: {message}"));
    let mut routes = routes.lock().unwrap();
    let last = !matches!(item, Item::Next(_));
    if let Some(route) = routes.get(id) {
        // A test that has dropped its subscription does not want to know.
        drop(route.send(item));
    }
    if last {
        routes.remove(id);
    }
}

async fn send(sink: &Sink, message: &Value) {
    let sent = sink
        .lock()
        .await
        .send(Message::text(message.to_string()))
        .await;
    sent.unwrap_or_else(|error| panic!("cannot send: {error}"));
}
