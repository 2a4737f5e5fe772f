//! What is said on a connection: each message of the client and each step of an operation.

use std::{mem, sync::Arc};

use async_graphql::{Executor, parser::types::OperationType};
use axum::{Error as SocketError, extract::ws::Message};
use futures_util::FutureExt;
use tokio::time::Instant;

use super::{
    connection::Connection,
    ending::{Ending, read_failure},
    operations::Step,
    phase::{Phase, check},
    protocol::{ClientMessage, Errors, InvalidMessage, ServerMessage},
};
use crate::http::transport::{
    answer::Answer,
    close_code::CloseCode,
    connections::Holder,
    credentials::{Authenticated, BearerToken, ConnectionAuth, Credentials},
    execute, http,
    limits::Limit,
    measures::{self, Counted, Via},
    operation::{Operation, kind_label},
    params::Params,
    refusal::Refusal,
};

impl<E: Executor> Connection<E> {
    pub(super) fn receive(
        &mut self,
        message: Option<Result<Message, SocketError>>,
    ) -> Result<(), Ending> {
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
            lasting: true,
        });
        let patience = inner.settings.timings.connection_init;
        self.phase = Phase::Authenticating(check(checked, patience).boxed());
        Ok(())
    }

    pub(super) fn acknowledge(&mut self, authenticated: Authenticated) -> Result<(), Ending> {
        let inner = &self.transport.inner;
        let holder = Holder::new(authenticated.person, self.source);
        self.seat
            .reassign(holder, &inner.settings.limits)
            .map_err(|exceeded| {
                Ending::Close(CloseCode::TooManyRequests, exceeded.to_string().into())
            })?;
        let auth = ConnectionAuth::new(Arc::clone(&inner.authenticate), self.source, authenticated);
        self.phase = Phase::Ready(Arc::new(auth));
        self.check_access()?;
        self.send(&ServerMessage::ConnectionAck)
    }

    fn subscribe(&mut self, id: &str, params: Params) -> Result<(), Ending> {
        let Phase::Ready(auth) = &self.phase else {
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
        operation.request = (inner.connect)(operation.request, Arc::clone(auth));
        let counted = (kind == OperationType::Subscription)
            .then(|| Counted::new(&inner.measures.websocket_subscriptions));
        let results = self.transport.execute(operation, self.request_id.as_str());
        self.operations.start(id, kind, results, counted);
        Ok(())
    }

    /// Turns a step into frames, and with it all others that are ready, so that they leave
    /// together.
    pub(super) fn forward_all(&mut self, step: Step) -> Result<(), Ending> {
        let mut step = Some(step);
        while let Some(ready) = step {
            self.forward(ready)?;
            step = if self.outgoing.has_room() {
                self.operations.step().now_or_never().flatten()
            } else {
                None
            };
        }
        Ok(())
    }

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
        let answer = execute::to_answer(result, self.transport.finish(&self.request_id));
        let is_first = !mem::replace(&mut operation.has_answered, true);
        if is_first {
            let kind = kind_label(operation.kind);
            measures::answered(Via::WebSocket, kind, &answer, operation.started.elapsed());
        }
        if operation.kind == OperationType::Subscription && answer.is_unavailable() {
            // The event would be lost with this answer. A client that resumes is given it again.
            return Err(Ending::close(
                CloseCode::TryAgainLater,
                "Unavailable now: come back and resume",
            ));
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
        let limits = &self.transport.inner.settings.limits;
        let frame = answer.write(limits, limits.answer_bytes, |payload, room| {
            ServerMessage::Next { id, payload }.to_frame(room)
        });
        self.push(frame)
    }

    fn send(&mut self, message: &ServerMessage<'_>) -> Result<(), Ending> {
        self.push(message.to_frame(usize::MAX))
    }

    fn push(&mut self, frame: serde_json::Result<Message>) -> Result<(), Ending> {
        let frame = frame.map_err(|_| Ending::close(CloseCode::Internal, "Internal error"))?;
        self.outgoing.push(frame);
        Ok(())
    }
}
