//! Fan-out of the same frames by the bare relay: the raw limit.

use std::{net::SocketAddr, process::Stdio};

use futures_util::{SinkExt as _, StreamExt as _, future::try_join_all};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
    time::{Instant, timeout_at},
};
use tokio_tungstenite::{client_async, tungstenite::Message};

use crate::{
    failure::Failure,
    fanout::{Fan, FanOut, SILENCE, observe},
    receivers::{Peer, Receivers},
    relay::PUBLISH,
    sends::Load,
    world::LISTENING,
};

/// Fan-out of the same frame by the bare relay.
pub async fn relay(fan: Fan, frame: &str, load: Load) -> Result<FanOut, Failure> {
    let subscribers = LISTENING.staff as usize;
    let (relay, address, pid) = start_relay(subscribers, fan.size()).await?;
    let peers = (0..subscribers).map(Peer::Relay).collect();
    let receivers = Receivers::open(address, peers, fan.size()).await?;
    let trial = Instant::now();
    publish(address, frame, &receivers, trial, subscribers / fan.size()).await?;
    receivers.quiet(SILENCE).await?;
    let before = receivers.counts.total();
    receivers.allow(fan.window());
    let end = Instant::now() + load.warm_up + load.measure;
    let publishers = (0..load.connections).map(|_| publish(address, frame, &receivers, end, 0));
    let (published, window) =
        tokio::try_join!(try_join_all(publishers), observe(&receivers, pid, load))?;
    receivers.quiet(SILENCE).await?;
    let arrived = receivers.counts.total() - before;
    drop(relay);
    Ok(window.result(published.into_iter().sum(), arrived, fan, frame))
}

async fn start_relay(subscribers: usize, fan: usize) -> Result<(Child, SocketAddr, u32), Failure> {
    let failed = |why: &str| Failure::Program {
        program: "bench relay",
        why: why.to_owned(),
    };
    let mut child = Command::new(std::env::current_exe()?)
        .arg("relay")
        .args(["--subscribers", &subscribers.to_string()])
        .args(["--fan", &fan.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = child.stdout.take().ok_or_else(|| failed("no output"))?;
    let line = BufReader::new(output).lines().next_line().await?;
    let address = line
        .and_then(|line| line.parse().ok())
        .ok_or_else(|| failed("no address"))?;
    let pid = child.id().ok_or_else(|| failed("has ended"))?;
    Ok((child, address, pid))
}

/// Publishes `at_least` messages, and goes on until the end as messages arrive. Gives how many it was.
async fn publish(
    address: SocketAddr,
    frame: &str,
    receivers: &Receivers,
    end: Instant,
    at_least: usize,
) -> Result<u64, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut socket, _) = client_async(format!("ws://{address}{PUBLISH}"), stream).await?;
    let message = Message::text(frame);
    let mut published = 0;
    loop {
        if published >= at_least as u64 {
            match timeout_at(end, receivers.counts.credit.acquire()).await {
                Ok(Ok(permit)) if Instant::now() < end => permit.forget(),
                // The time is over.
                Ok(_) | Err(_) => return Ok(published),
            }
        }
        socket.send(message.clone()).await?;
        match socket.next().await {
            Some(Ok(Message::Text(_))) => published += 1,
            other => return Err(Failure::answer("the relay", &format!("{other:?}"))),
        }
    }
}
