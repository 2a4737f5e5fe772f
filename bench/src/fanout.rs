//! Fan-out: messages that are delivered to many sockets, by Tidings and by the bare relay, to the same receivers. Tidings
//! delivers messages that lie in its log already, as the relay does what lies in its memory, and then messages as they are
//! sent.

use std::{net::SocketAddr, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{
    backlog::Backlog,
    failure::Failure,
    frame::Topic,
    process::processor_time,
    receivers::{Peer, Receivers},
    sends::{self, Author, Load},
    server::Server,
    world::{LISTENING, PANEL, Tokens},
};

/// To how many of the 1,000 receivers each message goes.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fan {
    /// `messageAlerts` of a panel's eight staff members; patients of 125 panels write in turn.
    Panel,
    /// `conversationEvents` of one conversation that everybody has open.
    Everybody,
}

/// What came out.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct FanOut {
    /// Frames that the receivers got.
    pub per_second: f64,
    /// Processor time of the server, or the relay, for each of them: with all that sending costs it.
    pub cpu_us: f64,
    /// The payload of a frame.
    pub frame_bytes: usize,
    /// Frames that were missing when nothing came any more; negative when there were too many.
    pub missing: i64,
}

impl Fan {
    /// How many receivers get each message.
    pub fn size(self) -> usize {
        match self {
            Self::Panel => PANEL as usize,
            Self::Everybody => LISTENING.staff as usize,
        }
    }

    /// Messages that a server is told of at once: about eight, or 32, for each socket.
    pub fn chunk(self) -> usize {
        match self {
            Self::Panel => 1024,
            Self::Everybody => 32,
        }
    }

    /// Chunks that are more than any server delivers while it is measured.
    fn chunks(self) -> usize {
        match self {
            Self::Panel => 200,
            Self::Everybody => 400,
        }
    }

    /// Messages that may be under way at once: enough that none of the parts ever waits for another.
    pub fn window(self) -> usize {
        2 * self.chunk()
    }

    fn authors(self, tokens: &Tokens) -> Result<Vec<Author>, Failure> {
        match self {
            Self::Panel => (0..LISTENING.patients)
                .map(|number| Author::patient(tokens, LISTENING, number))
                .collect(),
            Self::Everybody => std::iter::once(Author::patient(tokens, LISTENING, 0))
                .chain((0..PANEL).map(|number| Author::staff(tokens, LISTENING, number)))
                .collect(),
        }
    }

    fn peers(self, tokens: &Tokens) -> Result<Vec<Peer>, Failure> {
        let topic = match self {
            Self::Panel => Topic::Alerts,
            Self::Everybody => Topic::Conversation(LISTENING.conversation(0).to_public()),
        };
        (0..LISTENING.staff)
            .map(|number| {
                Ok(Peer::Tidings {
                    token: tokens.staff(LISTENING, number)?,
                    topic: topic.clone(),
                })
            })
            .collect()
    }
}

/// After so long nothing more comes.
pub const SILENCE: Duration = Duration::from_millis(700);

/// Rounds of trial messages until everybody is known to listen.
const TRIALS: usize = 20;

/// Fan-out by Tidings of messages that lie in the log. Gives one frame as it was delivered, too.
pub async fn of_backlog(
    server: &Server,
    tokens: &Tokens,
    url: &str,
    fan: Fan,
    load: Load,
) -> Result<(FanOut, String), Failure> {
    let authors = fan.authors(tokens)?;
    let receivers = listening(server, tokens, &authors, fan).await?;
    let mut backlog = Backlog::store(url, fan, fan.chunks()).await?;
    let before = receivers.counts.total();
    receivers.allow(fan.window());
    let end = Instant::now() + load.warm_up + load.measure;
    let told = tell(&mut backlog, server.address, &authors, &receivers, fan, end);
    let (told, window) = tokio::try_join!(told, observe(&receivers, server.pid, load))?;
    backlog.close().await;
    receivers.quiet(SILENCE).await?;
    let arrived = receivers.counts.total() - before;
    let frame = sample(&receivers)?;
    Ok((window.result(told, arrived, fan, &frame), frame))
}

/// Tells of chunk after chunk as they arrive; gives how many messages it was.
async fn tell(
    backlog: &mut Backlog,
    address: SocketAddr,
    authors: &[Author],
    receivers: &Receivers,
    fan: Fan,
    end: Instant,
) -> Result<u64, Failure> {
    let chunk = fan.chunk() as u32;
    let mut told = 0;
    while !backlog.is_empty() {
        match timeout_at(end, receivers.counts.credit.acquire_many(chunk)).await {
            Ok(Ok(permit)) => permit.forget(),
            // The time is over.
            Ok(Err(_)) | Err(_) => return Ok(told),
        }
        backlog.tell(address, authors).await?;
        told += u64::from(chunk);
    }
    Err(Failure::Late("more messages to tell of"))
}

/// Fan-out by Tidings of messages as they are sent.
pub async fn of_sends(
    server: &Server,
    tokens: &Tokens,
    fan: Fan,
    load: Load,
) -> Result<FanOut, Failure> {
    let authors = fan.authors(tokens)?;
    let receivers = listening(server, tokens, &authors, fan).await?;
    let before = receivers.counts.total();
    receivers.allow(fan.window());
    let credit = Some(&receivers.counts.credit);
    let (sent, window) = tokio::try_join!(
        sends::load(server.address, &authors, 1 << 32, load, credit),
        observe(&receivers, server.pid, load)
    )?;
    receivers.quiet(SILENCE).await?;
    let arrived = receivers.counts.total() - before;
    Ok(window.result(sent.confirmed, arrived, fan, &sample(&receivers)?))
}

/// Sockets that are known to listen.
async fn listening(
    server: &Server,
    tokens: &Tokens,
    authors: &[Author],
    fan: Fan,
) -> Result<Receivers, Failure> {
    let receivers = Receivers::open(server.address, fan.peers(tokens)?, fan.size()).await?;
    // The protocol does not confirm a subscription, so messages are tried until each socket has had one.
    let groups = LISTENING.staff as usize / fan.size();
    for round in 0..TRIALS {
        let first_key = (round * groups) as u64;
        sends::exactly(server.address, authors, first_key, groups).await?;
        receivers.quiet(SILENCE).await?;
        if receivers.counts.least() > 0 {
            break;
        }
    }
    Ok(receivers)
}

/// What happened while everything counted.
pub struct Observed {
    deliveries: u64,
    processor: Duration,
    took: Duration,
}

/// Watches deliveries and processor time while everything counts.
pub async fn observe(receivers: &Receivers, pid: u32, load: Load) -> Result<Observed, Failure> {
    let begin = Instant::now() + load.warm_up;
    sleep_until(begin).await;
    let started = (
        Instant::now(),
        receivers.counts.total(),
        processor_time(pid)?,
    );
    sleep_until(begin + load.measure).await;
    Ok(Observed {
        took: started.0.elapsed(),
        deliveries: receivers.counts.total() - started.1,
        processor: processor_time(pid)?.saturating_sub(started.2),
    })
}

impl Observed {
    /// The figures, once it is known how many messages were sent and how many frames have arrived.
    pub fn result(&self, sent: u64, arrived: u64, fan: Fan, frame: &str) -> FanOut {
        FanOut {
            per_second: self.deliveries as f64 / self.took.as_secs_f64(),
            cpu_us: self.processor.as_secs_f64() * 1e6 / self.deliveries.max(1) as f64,
            frame_bytes: frame.len(),
            missing: (sent * fan.size() as u64) as i64 - arrived as i64,
        }
    }
}

fn sample(receivers: &Receivers) -> Result<String, Failure> {
    match receivers.counts.sample.get() {
        Some(frame) => Ok(frame.to_string()),
        None => Err(Failure::Late("deliveries")),
    }
}
