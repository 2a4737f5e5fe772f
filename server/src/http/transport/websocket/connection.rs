//! One WebSocket, from its opening to its closing.
//!
//! A connection is one task: it reads, drives its operations and writes as each of them can go
//! on, so that none waits for another and an idle connection costs little.

use std::{borrow::Cow, future, net::IpAddr, pin::pin, sync::Arc, time::Duration};

use async_graphql::{Executor, parser::types::OperationType};
use axum::{
    Error as SocketError,
    extract::ws::{Message, WebSocket},
};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::SplitStream};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tungstenite::error::Error as WireError;

use super::{
    operations::{Operations, Step},
    outgoing::{Broken, Outgoing},
    protocol::{ClientMessage, Errors, InvalidMessage, ServerMessage},
};
use crate::http::transport::{
    Transport,
    answer::{Answer, Finish},
    close_code::CloseCode,
    connections::{Holder, Seat},
    credentials::{AuthenticateError, Authenticated, BearerToken, ConnectionAuth, Credentials},
    execute, http,
    limits::Limit,
    measures::{self, Counted, Via},
    operation::{Operation, kind_label},
    params::Params,
    refusal::Refusal,
    request_id::RequestId,
};

/// Why a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// The peer closed it, or is gone.
    Left,
    /// The server closes it.
    Close(CloseCode, Cow<'static, str>),
}

impl Ending {
    pub(super) fn close(code: CloseCode, reason: &'static str) -> Self {
        Self::Close(code, Cow::Borrowed(reason))
    }
}

impl From<InvalidMessage> for Ending {
    fn from(invalid: InvalidMessage) -> Self {
        Self::Close(CloseCode::BadRequest, invalid.to_string().into())
    }
}

impl From<Broken> for Ending {
    fn from(Broken: Broken) -> Self {
        Self::Left
    }
}

impl From<AuthenticateError> for Ending {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::InvalidToken | AuthenticateError::Expired => {
                Self::Close(CloseCode::Forbidden, error.to_string().into())
            }
            AuthenticateError::Unavailable => {
                Self::Close(CloseCode::TryAgainLater, error.to_string().into())
            }
        }
    }
}

type Authenticating = BoxFuture<'static, Result<Authenticated, Ending>>;

enum Phase {
    /// Waits for `connection_init`.
    Opened { until: Instant },
    /// The token is being checked.
    Authenticating(Authenticating),
    /// Acknowledged.
    Ready {
        auth: Arc<ConnectionAuth>,
        _seat: Seat,
    },
}

/// What happens to a phase by itself.
enum Change {
    Authenticated(Result<Authenticated, Ending>),
    Renewed,
}

impl Phase {
    async fn change(&mut self) -> Change {
        match self {
            Self::Opened { .. } => future::pending().await,
            Self::Authenticating(checked) => Change::Authenticated(checked.await),
            Self::Ready { auth, .. } => {
                auth.changed().await;
                Change::Renewed
            }
        }
    }
}

pub(super) struct Connection<E> {
    transport: Transport<E>,
    incoming: SplitStream<WebSocket>,
    outgoing: Outgoing,
    operations: Operations,
    phase: Phase,
    /// From the header of the upgrade, for clients that can set one.
    header_token: Option<BearerToken>,
    source: IpAddr,
    request_id: RequestId,
    last_seen: Instant,
    next_ping: Instant,
    /// Set while the server stops: until when queries and mutations may go on.
    drain_until: Option<Instant>,
}

impl<E: Executor> Connection<E> {
    pub(super) fn new(
        transport: Transport<E>,
        socket: WebSocket,
        header_token: Option<BearerToken>,
        source: IpAddr,
        request_id: RequestId,
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
            last_seen: now,
            next_ping: now + timings.ping,
            drain_until: None,
            transport,
        }
    }

    /// Serves the connection and closes it.
    pub(super) async fn run(mut self) -> Ending {
        let ending = match self.serve().await {
            Ok(never) => match never {},
            Err(ending) => ending,
        };
        // Operations end before the handshake of closing, which can take a while.
        self.operations = Operations::default();
        if let Ending::Close(code, reason) = &ending {
            self.outgoing.push(super::close_frame(*code, reason));
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
        ending
    }

    async fn serve(&mut self) -> Result<std::convert::Infallible, Ending> {
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
                    self.forward(step)?;
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
            Phase::Ready { auth, .. } => auth
                .time_left((self.transport.inner.now)())
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
            return Err(restarting());
        }
        if is_due(self.outgoing.stuck_since(), timings.peer, now) {
            return Err(Ending::close(CloseCode::TryAgainLater, "Slow consumer"));
        }
        if is_due(Some(self.last_seen), timings.peer, now) {
            return Err(Ending::close(CloseCode::GoingAway, "Ping not answered"));
        }
        if now >= self.next_ping {
            self.next_ping = now + timings.ping;
            self.outgoing.push(Message::Ping(bytes::Bytes::new()));
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
    fn end_drain(&self) -> Result<(), Ending> {
        if self.drain_until.is_some() && !self.operations.has_single() {
            return Err(restarting());
        }
        Ok(())
    }

    fn ended(&self) -> CancellationToken {
        match &self.phase {
            Phase::Opened { .. } | Phase::Authenticating(_) => CancellationToken::new(),
            Phase::Ready { auth, .. } => auth.current().ended,
        }
    }

    fn check_access(&self) -> Result<(), Ending> {
        match &self.phase {
            Phase::Ready { auth, .. } if !auth.is_valid((self.transport.inner.now)()) => {
                Err(Ending::close(CloseCode::Forbidden, "The session has ended"))
            }
            Phase::Opened { .. } | Phase::Authenticating(_) | Phase::Ready { .. } => Ok(()),
        }
    }

    fn receive(&mut self, message: Option<Result<Message, SocketError>>) -> Result<(), Ending> {
        let message = match message {
            None => return Err(Ending::Left),
            Some(Err(error)) => return Err(read_failure(error)),
            Some(Ok(message)) => message,
        };
        self.last_seen = Instant::now();
        self.check_access()?;
        match message {
            Message::Text(text) => self.obey(ClientMessage::parse(&text)?),
            Message::Binary(_) => Err(InvalidMessage::Binary.into()),
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => Err(Ending::Left),
        }
    }

    fn obey(&mut self, message: ClientMessage) -> Result<(), Ending> {
        match message {
            ClientMessage::ConnectionInit(token) => self.initialise(token),
            ClientMessage::Subscribe { id, params } => self.subscribe(&id, params),
            ClientMessage::Complete { id } => {
                self.operations.stop(&id);
                self.end_drain()
            }
            ClientMessage::Ping(payload) => self.send(&ServerMessage::Pong {
                payload: payload.as_deref(),
            }),
            ClientMessage::Pong => Ok(()),
        }
    }

    fn initialise(&mut self, token: Option<BearerToken>) -> Result<(), Ending> {
        if !matches!(self.phase, Phase::Opened { .. }) {
            return Err(Ending::close(
                CloseCode::TooManyRequests,
                "Too many initialisation requests",
            ));
        }
        let inner = &self.transport.inner;
        let checked = (inner.authenticate)(Credentials {
            token: token.or(self.header_token.take()),
            source: self.source,
        });
        let patience = inner.settings.timings.connection_init;
        self.phase = Phase::Authenticating(check(checked, patience).boxed());
        Ok(())
    }

    fn acknowledge(&mut self, authenticated: Authenticated) -> Result<(), Ending> {
        let inner = &self.transport.inner;
        let holder = Holder::new(authenticated.person, self.source);
        let seat = inner
            .connections
            .admit(holder, &inner.settings.limits)
            .map_err(|exceeded| {
                Ending::Close(CloseCode::TooManyRequests, exceeded.to_string().into())
            })?;
        let auth = ConnectionAuth::new(Arc::clone(&inner.authenticate), self.source, authenticated);
        self.phase = Phase::Ready {
            auth: Arc::new(auth),
            _seat: seat,
        };
        self.check_access()?;
        self.send(&ServerMessage::ConnectionAck)
    }

    fn subscribe(&mut self, id: &str, params: Params) -> Result<(), Ending> {
        let Phase::Ready { auth, .. } = &self.phase else {
            return Err(Ending::close(CloseCode::Unauthorized, "Unauthorized"));
        };
        if self.operations.contains(id) {
            return Err(Ending::Close(
                CloseCode::SubscriberExists,
                format!("Subscriber for {id} already exists").into(),
            ));
        }
        if self.drain_until.is_some() {
            // The client starts it again after the close that is near.
            return Ok(());
        }
        let inner = &self.transport.inner;
        let settings = &inner.settings;
        let operation = settings
            .limits
            .check(Limit::OperationsPerConnection, self.operations.count() + 1)
            .map_err(Refusal::Limit)
            .and_then(|()| Operation::prepare(params, settings));
        let operation = match operation {
            Ok(operation) => operation,
            Err(refusal) => {
                measures::refused(Via::WebSocket);
                let errors = [refusal.to_error()];
                return self.send(&ServerMessage::Error {
                    id,
                    payload: Errors(&errors),
                });
            }
        };
        let kind = operation.kind;
        let mut operation = http::attach(operation, &auth.current().attach);
        operation.request = operation.request.data(Arc::clone(auth));
        let counted = (kind == OperationType::Subscription)
            .then(|| Counted::new(&inner.measures.websocket_subscriptions));
        let results = self.transport.execute(operation, self.request_id.as_str());
        self.operations.start(id, kind, results, counted);
        Ok(())
    }

    /// Turns a step of an operation into frames.
    fn forward(&mut self, step: Step) -> Result<(), Ending> {
        self.check_access()?;
        let Step {
            result,
            mut operation,
        } = step;
        let Some(result) = result else {
            self.operations.finish(&operation);
            self.send(&ServerMessage::Complete { id: &operation.id })?;
            return self.end_drain();
        };
        let panicked = result.is_err();
        let answer = execute::to_answer(
            result,
            Finish {
                request_id: self.request_id.as_str(),
                suggestions: self.transport.inner.settings.introspection,
            },
        );
        let is_first = !std::mem::replace(&mut operation.has_answered, true);
        if is_first {
            let kind = kind_label(operation.kind);
            measures::answered(Via::WebSocket, kind, &answer, operation.started.elapsed());
        }
        if panicked || (is_first && !answer.is_executed()) {
            self.operations.finish(&operation);
            self.send(&ServerMessage::Error {
                id: &operation.id,
                payload: Errors(answer.errors()),
            })?;
            return self.end_drain();
        }
        self.send_next(&operation.id, &answer)?;
        let has_room = self.outgoing.has_room();
        self.operations.resume(operation, has_room);
        Ok(())
    }

    fn send_next(&mut self, id: &str, answer: &Answer) -> Result<(), Ending> {
        self.transport
            .inner
            .measures
            .websocket_deliveries
            .increment(1);
        self.send(&ServerMessage::Next {
            id,
            payload: answer,
        })
    }

    fn send(&mut self, message: &ServerMessage<'_>) -> Result<(), Ending> {
        let frame = message
            .to_frame()
            .map_err(|_| Ending::close(CloseCode::Internal, "Internal error"))?;
        self.outgoing.push(frame);
        Ok(())
    }
}

fn restarting() -> Ending {
    Ending::close(CloseCode::ServiceRestart, "The server is restarting")
}

fn is_due(since: Option<Instant>, patience: Duration, now: Instant) -> bool {
    since.is_some_and(|since| now >= since + patience)
}

/// Waits for the check of a token, but not for ever.
async fn check(
    checked: BoxFuture<'static, Result<Authenticated, AuthenticateError>>,
    patience: Duration,
) -> Result<Authenticated, Ending> {
    let checked = std::panic::AssertUnwindSafe(timeout(patience, checked)).catch_unwind();
    match checked.await {
        Ok(Ok(authenticated)) => authenticated.map_err(Ending::from),
        Ok(Err(_)) => Err(AuthenticateError::Unavailable.into()),
        Err(_) => {
            tracing::error!("the check of a token panicked");
            Err(Ending::close(CloseCode::Internal, "Internal error"))
        }
    }
}

/// What a failed read means for the peer.
fn read_failure(error: SocketError) -> Ending {
    match error.into_inner().downcast_ref::<WireError>() {
        Some(WireError::Capacity(_)) => Ending::close(CloseCode::TooBig, "Message too big"),
        Some(WireError::Utf8(_)) => Ending::close(CloseCode::InvalidText, "Text is not UTF-8"),
        Some(WireError::Protocol(
            tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        )) => Ending::Left,
        Some(WireError::Protocol(_)) => {
            Ending::close(CloseCode::ProtocolError, "WebSocket protocol error")
        }
        _ => Ending::Left,
    }
}
