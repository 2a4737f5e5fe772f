//! A bare relay: the raw limit of fan-out. It takes messages over WebSockets and passes each to some of its subscribers;
//! it parses, stores, checks and renders nothing. Buffers are as small as the server's, and frames that wait together
//! leave in one write.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use clap::Args;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        Message, Utf8Bytes,
        handshake::server::{ErrorResponse, Request, Response},
        protocol::WebSocketConfig,
    },
};

use crate::{failure::Failure, report};

/// What a publisher connects to; subscribers connect to `/` and their number.
pub const PUBLISH: &str = "/publish";

/// What a publisher is answered when its message is on its way to all it concerns.
const TAKEN: Utf8Bytes = Utf8Bytes::from_static("taken");

/// Frames that may wait for a subscriber before publishers wait.
const WAITING: usize = 64;

const BUFFER_BYTES: usize = 4096;

/// How the relay passes messages on.
#[derive(Args, Clone, Copy)]
pub struct Options {
    /// How many subscribers there will be
    #[arg(long)]
    pub subscribers: usize,
    /// How many of them get each message; the next message goes to those that follow
    #[arg(long)]
    pub fan: usize,
}

struct Relay {
    subscribers: Mutex<Vec<Option<mpsc::Sender<Utf8Bytes>>>>,
    fan: usize,
    published: AtomicUsize,
}

/// Relays until it is killed. Its address is the first line that it prints.
pub async fn serve(options: Options) -> Result<(), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address: SocketAddr = listener.local_addr()?;
    report::say(format_args!("{address}"))?;
    let relay = Arc::new(Relay {
        subscribers: Mutex::new(vec![None; options.subscribers]),
        fan: options.fan,
        published: AtomicUsize::new(0),
    });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let relay = Arc::clone(&relay);
        tokio::spawn(async move {
            // A peer that breaks off is seen by the generator.
            let _ = relay.meet(stream).await;
        });
    }
}

impl Relay {
    #[expect(
        clippy::result_large_err,
        reason = "the library decides what a refused handshake is"
    )]
    async fn meet(&self, stream: TcpStream) -> Result<(), Failure> {
        let mut path = String::new();
        let read_path =
            |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
                request.uri().path().clone_into(&mut path);
                Ok(response)
            };
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER_BYTES)
            .write_buffer_size(BUFFER_BYTES);
        let socket = accept_hdr_async_with_config(stream, read_path, Some(config)).await?;
        match path.trim_start_matches('/').parse() {
            Ok(number) => self.subscribe(socket, number).await,
            Err(_) if path == PUBLISH => self.publish(socket).await,
            Err(_) => Ok(()),
        }
    }

    async fn subscribe(
        &self,
        mut socket: WebSocketStream<TcpStream>,
        number: usize,
    ) -> Result<(), Failure> {
        let (sender, mut receiver) = mpsc::channel(WAITING);
        if let Some(place) = self.lock().get_mut(number) {
            *place = Some(sender);
        }
        let mut waiting = Vec::with_capacity(WAITING);
        while receiver.recv_many(&mut waiting, WAITING).await > 0 {
            for text in waiting.drain(..) {
                socket.feed(Message::Text(text)).await?;
            }
            socket.flush().await?;
        }
        Ok(())
    }

    async fn publish(&self, mut socket: WebSocketStream<TcpStream>) -> Result<(), Failure> {
        let mut concerned = Vec::with_capacity(self.fan);
        while let Some(message) = socket.next().await {
            let Message::Text(text) = message? else {
                return Ok(());
            };
            self.pick(&mut concerned);
            for sender in concerned.drain(..) {
                // A subscriber that has gone takes nothing.
                let _ = sender.send(text.clone()).await;
            }
            socket.send(Message::Text(TAKEN)).await?;
        }
        Ok(())
    }

    /// The subscribers whose turn it is.
    fn pick(&self, concerned: &mut Vec<mpsc::Sender<Utf8Bytes>>) {
        let subscribers = self.lock();
        let turn = self.published.fetch_add(1, Ordering::Relaxed);
        let groups = (subscribers.len() / self.fan).max(1);
        let first = turn % groups * self.fan;
        let group = subscribers.iter().skip(first).take(self.fan);
        concerned.extend(group.flatten().cloned());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Option<mpsc::Sender<Utf8Bytes>>>> {
        self.subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
