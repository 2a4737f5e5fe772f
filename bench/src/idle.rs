//! What the server holds in memory when nothing happens: alone, and with many open subscriptions.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use crate::{
    failure::Failure,
    frame::Topic,
    process::resident,
    receivers::{Peer, Receivers},
    server::Server,
    world::{IDLE, Tokens},
};

/// What came out.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Idle {
    /// Open sockets, each with one subscription and a person of its own.
    pub subscriptions: usize,
    /// What the server holds before anybody connects.
    pub alone_bytes: u64,
    /// What it holds with all of them.
    pub full_bytes: u64,
}

impl Idle {
    /// What one subscription costs.
    pub fn bytes_each(&self) -> f64 {
        self.full_bytes.saturating_sub(self.alone_bytes) as f64 / self.subscriptions.max(1) as f64
    }
}

/// Until what starting or connecting has stirred up has settled.
const SETTLE: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(200);

/// Measures a server that has just started.
pub async fn measure(server: &Server, tokens: &Tokens) -> Result<Idle, Failure> {
    sleep(SETTLE).await;
    let alone_bytes = resident(server.pid)?;
    let peers: Vec<_> = (0..IDLE.patients)
        .map(|number| {
            Ok::<_, Failure>(Peer::Tidings {
                token: tokens.patient(IDLE, number)?,
                topic: Topic::Alerts,
            })
        })
        .collect::<Result<_, _>>()?;
    let subscriptions = peers.len();
    let receivers = Receivers::open(server.address, peers, 1).await?;
    let give_up = Instant::now() + PATIENCE;
    while server.metric("tidings_websocket_subscriptions").await? < subscriptions as f64 {
        if Instant::now() > give_up {
            return Err(Failure::Late("opening subscriptions"));
        }
        sleep(LOOK).await;
    }
    sleep(SETTLE).await;
    receivers.check()?;
    Ok(Idle {
        subscriptions,
        alone_bytes,
        full_bytes: resident(server.pid)?,
    })
}
