//! Many WebSockets on a thread of their own that count what arrives.

use std::{
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _, stream};
use tokio::{
    net::TcpStream,
    sync::{Semaphore, oneshot},
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message, Utf8Bytes, client::IntoClientRequest as _, http::HeaderValue,
        protocol::WebSocketConfig,
    },
};

use crate::{
    failure::Failure,
    frame::{self, Topic},
};

/// Connections that are opened at once.
const OPENING: usize = 32;

/// Opening thousands of connections takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at a count.
const LOOK: Duration = Duration::from_millis(20);

/// Whom to connect to.
#[derive(Clone)]
pub enum Peer {
    /// A server of Tidings, with a token.
    Tidings {
        /// Who listens.
        token: String,
        /// To what.
        topic: Topic,
    },
    /// The bare relay, as the subscriber of this number.
    Relay(usize),
}

/// What has arrived.
pub struct Counts {
    /// Deliveries on all sockets.
    pub delivered: AtomicU64,
    /// Deliveries on each socket.
    pub each: Vec<AtomicU32>,
    /// One delivery as it came.
    pub sample: OnceLock<Utf8Bytes>,
    /// Anything else that came.
    pub strange: OnceLock<String>,
    /// One permit is given for each message that has arrived everywhere.
    pub credit: Semaphore,
    fan: u64,
}

impl Counts {
    /// Deliveries on all sockets.
    pub fn total(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// The least number of deliveries that a socket has had.
    pub fn least(&self) -> u32 {
        let each = self.each.iter().map(|n| n.load(Ordering::Relaxed));
        each.min().unwrap_or(0)
    }

    fn count(&self, number: usize, text: Utf8Bytes) {
        if !text.starts_with(frame::DELIVERY) {
            let _ = self.strange.set(text.to_string());
            return;
        }
        if let Some(each) = self.each.get(number) {
            each.fetch_add(1, Ordering::Relaxed);
        }
        let before = self.delivered.fetch_add(1, Ordering::Relaxed);
        if (before + 1).is_multiple_of(self.fan) {
            self.credit.add_permits(1);
        }
        if before == 0 {
            let _ = self.sample.set(text);
        }
    }
}

/// Open sockets; dropping it closes them.
pub struct Receivers {
    /// What has arrived.
    pub counts: Arc<Counts>,
    _stop: oneshot::Sender<()>,
}

impl Receivers {
    /// Opens a socket for each peer. Each message goes to `fan` of them.
    pub async fn open(address: SocketAddr, peers: Vec<Peer>, fan: usize) -> Result<Self, Failure> {
        let counts = Arc::new(Counts {
            delivered: AtomicU64::new(0),
            each: peers.iter().map(|_| AtomicU32::new(0)).collect(),
            sample: OnceLock::new(),
            strange: OnceLock::new(),
            credit: Semaphore::new(0),
            fan: fan as u64,
        });
        let (stop, stopped) = oneshot::channel();
        let (opened, is_open) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let shared = Arc::clone(&counts);
        thread::Builder::new()
            .name("receivers".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    // Whoever asked has given up when it does not take the answer.
                    let _ = opened.send(open_all(address, peers, &shared).await);
                    let _ = stopped.await;
                });
            })?;
        let is_open = timeout(PATIENCE, is_open)
            .await
            .map_err(|_| Failure::Late("opening sockets"))?;
        is_open.map_err(|_| Failure::Late("opening sockets"))??;
        Ok(Self {
            counts,
            _stop: stop,
        })
    }

    /// Lets so many messages be under way at once, and no more.
    pub fn allow(&self, window: usize) {
        self.counts.credit.forget_permits(Semaphore::MAX_PERMITS);
        self.counts.credit.add_permits(window);
    }

    /// Waits until nothing has arrived for a while.
    pub async fn quiet(&self, silence: Duration) -> Result<(), Failure> {
        let give_up = Instant::now() + PATIENCE;
        let mut last = (self.counts.total(), Instant::now());
        while last.1.elapsed() < silence {
            if Instant::now() > give_up {
                return Err(Failure::Late("deliveries"));
            }
            sleep(LOOK).await;
            if self.counts.total() != last.0 {
                last = (self.counts.total(), Instant::now());
            }
        }
        self.check()
    }

    /// Fails when something other than deliveries has come.
    pub fn check(&self) -> Result<(), Failure> {
        match self.counts.strange.get() {
            Some(strange) => Err(Failure::answer("a subscription", strange)),
            None => Ok(()),
        }
    }
}

async fn open_all(
    address: SocketAddr,
    peers: Vec<Peer>,
    counts: &Arc<Counts>,
) -> Result<(), Failure> {
    let mut opening = stream::iter(peers.into_iter().enumerate())
        .map(|(number, peer)| async move { (number, connect(address, peer).await) })
        .buffer_unordered(OPENING);
    while let Some((number, socket)) = opening.next().await {
        tokio::spawn(listen(socket?, number, Arc::clone(counts)));
    }
    Ok(())
}

async fn connect(address: SocketAddr, peer: Peer) -> Result<WebSocketStream<TcpStream>, Failure> {
    let path = match &peer {
        Peer::Tidings { .. } => "/graphql".to_owned(),
        Peer::Relay(number) => format!("/{number}"),
    };
    let mut request = format!("ws://{address}{path}").into_client_request()?;
    if let Peer::Tidings { .. } = peer {
        request.headers_mut().insert(
            "sec-websocket-protocol",
            HeaderValue::from_static(frame::PROTOCOL),
        );
    }
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    // Several frames are read at once, but thousands of sockets wait here.
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .write_buffer_size(1024);
    let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    if let Peer::Tidings { token, topic } = peer {
        let init = frame::connection_init(&token);
        socket.send(Message::text(init)).await?;
        match socket.next().await {
            Some(Ok(Message::Text(text))) if text.starts_with(frame::ACKNOWLEDGED) => {}
            other => return Err(Failure::answer("connection_init", &format!("{other:?}"))),
        }
        socket.send(Message::text(frame::subscribe(&topic))).await?;
    }
    Ok(socket)
}

async fn listen(mut socket: WebSocketStream<TcpStream>, number: usize, counts: Arc<Counts>) {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => counts.count(number, text),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(other)) => {
                let _ = counts.strange.set(format!("{other:?}"));
                return;
            }
            Some(Err(error)) => {
                let _ = counts.strange.set(error.to_string());
                return;
            }
            None => return,
        }
    }
}
