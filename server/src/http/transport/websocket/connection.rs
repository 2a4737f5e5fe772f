//! One WebSocket, from its opening to its closing.
//!
//! A connection is one task: it reads, drives its operations and writes as each of them can go
//! on, so that none waits for another and an idle connection costs little.

use std::{convert::Infallible, future, pin::pin, sync::Arc, time::Duration};

use async_graphql::Executor;
use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream::SplitStream};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    Open,
    ending::Ending,
    operations::Operations,
    outgoing::{Broken, Outgoing},
    phase::{Change, Phase},
};
use crate::{
    domain::source::Source,
    http::transport::{
        Transport, close_code::CloseCode, connections::Seat, credentials::BearerToken,
        request_id::RequestId,
    },
};

/// The state of a connection.
pub(super) struct Connection<E> {
    pub(super) transport: Transport<E>,
    incoming: SplitStream<WebSocket>,
    pub(super) outgoing: Outgoing,
    pub(super) operations: Operations,
    pub(super) phase: Phase,
    /// From the header of the upgrade, for clients that can set one.
    pub(super) header_token: Option<BearerToken>,
    pub(super) source: Source,
    pub(super) request_id: RequestId,
    /// The place that it has among all connections: at first one of those that are opening.
    pub(super) seat: Seat,
    pub(super) last_seen: Instant,
    next_ping: Instant,
    /// Set while the server stops: until when queries and mutations may go on.
    pub(super) drain_until: Option<Instant>,
}

impl<E: Executor> Connection<E> {
    pub(super) fn new(
        transport: Transport<E>,
        socket: WebSocket,
        header_token: Option<BearerToken>,
        source: Source,
        request_id: RequestId,
        seat: Seat,
    ) -> Self {
        let (sink, incoming) = socket.split();
        let timings = &transport.inner.settings.timings;
        let now = Instant::now();
        Self {
            incoming,
            outgoing: Outgoing::new(sink),
            operations: Operations::default(),
            phase: Phase::Opened {
                until: now + timings.connection_init,
            },
            header_token,
            source,
            request_id,
            seat,
            last_seen: now,
            next_ping: now + timings.ping,
            drain_until: None,
            transport,
        }
    }

    /// Serves the connection and closes it. In a box: a future holds what is moved into it twice.
    pub(super) async fn run(mut self: Box<Self>, open: Open) {
        let ending = match self.serve().await {
            Ok(never) => match never {},
            Err(ending) => ending,
        };
        // Operations end before the handshake of closing, which can take a while.
        self.operations = Operations::default();
        if ending.code() == Some(CloseCode::Forbidden) {
            self.outgoing.discard();
        }
        if let Some(frame) = ending.to_frame() {
            self.outgoing.push(frame);
        }
        let patience = self.transport.inner.settings.timings.close;
        let farewell = async {
            while !self.outgoing.is_idle() {
                future::poll_fn(|cx| self.outgoing.poll_drive(cx)).await?;
            }
            while let Some(Ok(_)) = self.incoming.next().await {}
            Ok::<_, Broken>(())
        };
        // A peer that does not answer is left behind all the same.
        let _ = timeout(patience, farewell).await;
        open.ended(&ending);
    }

    async fn serve(&mut self) -> Result<Infallible, Ending> {
        let inner = Arc::clone(&self.transport.inner);
        let mut draining = pin!(inner.draining.cancelled().fuse());
        let mut ended = pin!(CancellationToken::new().cancelled_owned());
        let mut timer = pin!(sleep_until(self.next_look()));
        loop {
            tokio::select! {
                biased;
                () = &mut draining, if self.drain_until.is_none() => {
                    self.begin_drain()?;
                    timer.as_mut().reset(self.next_look());
                }
                () = &mut ended => {
                    self.check_access()?;
                    ended.set(self.ended().cancelled_owned());
                }
                () = &mut timer => {
                    self.look()?;
                    timer.as_mut().reset(self.next_look());
                }
                change = self.phase.change() => {
                    if let Change::Authenticated(authenticated) = change {
                        self.acknowledge(authenticated?)?;
                    }
                    ended.set(self.ended().cancelled_owned());
                    timer.as_mut().reset(self.next_look());
                }
                message = self.incoming.next(), if self.outgoing.has_room_for_replies() => {
                    self.receive(message)?;
                }
                Some(step) = self.operations.step(), if self.operations.is_stepping() => {
                    self.forward_all(step)?;
                }
                driven = future::poll_fn(|cx| self.outgoing.poll_drive(cx)),
                    if !self.outgoing.is_idle() =>
                {
                    driven?;
                    if self.outgoing.has_room() {
                        self.operations.resume_parked();
                    }
                }
            }
        }
    }

    /// The next time at which something may be due.
    fn next_look(&self) -> Instant {
        let timings = &self.transport.inner.settings.timings;
        let mut next = self.next_ping.min(self.last_seen + timings.peer);
        if let Some(stuck) = self.outgoing.stuck_since() {
            next = next.min(stuck + timings.peer);
        }
        if let Some(until) = self.drain_until {
            next = next.min(until);
        }
        match &self.phase {
            Phase::Opened { until } => next.min(*until),
            Phase::Authenticating(_) => next,
            Phase::Ready(auth) => auth
                .time_left(self.transport.inner.clock.now())
                .map_or(next, |left| next.min(Instant::now() + left)),
        }
    }

    /// Does what is due.
    fn look(&mut self) -> Result<(), Ending> {
        let timings = &self.transport.inner.settings.timings;
        let now = Instant::now();
        self.check_access()?;
        if let Phase::Opened { until } = self.phase
            && now >= until
        {
            return Err(Ending::close(
                CloseCode::InitialisationTimeout,
                "Connection initialisation timeout",
            ));
        }
        if self.drain_until.is_some_and(|until| now >= until) {
            return Err(Ending::restarting());
        }
        if is_due(self.outgoing.stuck_since(), timings.peer, now) {
            return Err(Ending::close(CloseCode::TryAgainLater, "Slow consumer"));
        }
        if is_due(Some(self.last_seen), timings.peer, now) {
            return Err(Ending::close(CloseCode::GoingAway, "Ping not answered"));
        }
        if now >= self.next_ping {
            self.next_ping = now + timings.ping;
            self.outgoing.push(Message::Ping(Bytes::new()));
        }
        Ok(())
    }

    fn begin_drain(&mut self) -> Result<(), Ending> {
        self.operations.stop_subscriptions();
        let patience = self.transport.inner.settings.timings.drain;
        self.drain_until = Some(Instant::now() + patience);
        self.end_drain()
    }

    /// Closes a draining connection once its last answer has left.
    pub(super) fn end_drain(&self) -> Result<(), Ending> {
        if self.drain_until.is_some() && !self.operations.has_single() {
            return Err(Ending::restarting());
        }
        Ok(())
    }

    fn ended(&self) -> CancellationToken {
        match &self.phase {
            Phase::Opened { .. } | Phase::Authenticating(_) => CancellationToken::new(),
            Phase::Ready(auth) => auth.current().ended,
        }
    }

    pub(super) fn check_access(&self) -> Result<(), Ending> {
        match &self.phase {
            Phase::Ready(auth) if !auth.is_valid(self.transport.inner.clock.now()) => {
                Err(Ending::close(CloseCode::Forbidden, "The session has ended"))
            }
            Phase::Opened { .. } | Phase::Authenticating(_) | Phase::Ready(_) => Ok(()),
        }
    }
}

fn is_due(since: Option<Instant>, patience: Duration, now: Instant) -> bool {
    since.is_some_and(|since| now >= since + patience)
}
