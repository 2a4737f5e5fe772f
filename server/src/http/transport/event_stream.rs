//! graphql-sse in its distinct connections mode: one operation, one event stream.

use std::{convert::Infallible, sync::Arc, time::Duration};

use async_graphql::{Executor, parser::types::OperationType};
use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use super::{
    Transport,
    answer::Answer,
    bounded,
    connections::{Holder, Seat},
    credentials::Authenticated,
    execute::{self, Given, Panicked, Results},
    http,
    measures::{self, Counted, Via},
    operation::{Operation, kind_label},
    refusal::Refusal,
    request_id::RequestId,
};
use crate::domain::source::Source;

/// Events that wait for the client to read, besides what the socket holds.
const WAITING_EVENTS: usize = 8;

const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";
const KEEP_ALIVE: &[u8] = b":\n\n";

/// Answers an operation as a stream of events.
pub(super) fn respond<E: Executor>(
    transport: &Transport<E>,
    operation: Operation,
    authenticated: Authenticated,
    source: Source,
    request_id: RequestId,
) -> Result<Response, Refusal> {
    let inner = &transport.inner;
    if inner.draining.is_cancelled() {
        return Err(Refusal::Draining);
    }
    let holder = Holder::new(authenticated.person, source);
    let seat = inner.connections.admit(holder, &inner.settings.limits)?;
    let kind = operation.kind;
    let operation = http::attach(operation, &authenticated.attach);
    let (events, mut waiting) = mpsc::channel(WAITING_EVENTS);
    let source = EventSource {
        transport: transport.clone(),
        results: transport.execute(operation, request_id.as_str()),
        authenticated,
        request_id,
        kind,
        events,
        full_since: None,
        _seat: seat,
        _counted: Counted::new(&inner.measures.event_streams),
    };
    // The operation runs in a task of its own: a client that does not read must not stop it in
    // the middle of a step, when it may hold a database connection.
    inner.tasks.spawn(source.run());
    Ok(event_response(Body::from_stream(stream::poll_fn(
        move |cx| {
            waiting
                .poll_recv(cx)
                .map(|event| event.map(Ok::<Bytes, Infallible>))
        },
    ))))
}

/// A refusal as a stream of one event, for clients that can read nothing else.
pub(super) fn refused(refusal: &Refusal) -> Response {
    let mut body = next_event(&Answer::refused(refusal), usize::MAX).unwrap_or_default();
    body.extend_from_slice(COMPLETE);
    event_response(Body::from(body))
}

fn event_response(body: Body) -> Response {
    (
        [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/event-stream; charset=utf-8"),
            ),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (header::VARY, HeaderValue::from_static("accept")),
        ],
        body,
    )
        .into_response()
}

fn next_event(answer: &Answer, room: usize) -> serde_json::Result<Vec<u8>> {
    let mut event = b"event: next\ndata: ".to_vec();
    bounded::write_json(&mut event, answer, room)?;
    event.extend_from_slice(b"\n\n");
    Ok(event)
}

struct EventSource<E> {
    transport: Transport<E>,
    results: Results,
    authenticated: Authenticated,
    request_id: RequestId,
    kind: OperationType,
    events: mpsc::Sender<Bytes>,
    /// Since when there was no room for a comment.
    full_since: Option<Instant>,
    _seat: Seat,
    _counted: Counted,
}

impl<E: Executor> EventSource<E> {
    /// Runs until the operation is complete, the client leaves or stops reading, the credentials
    /// end, the database is gone for long or the server stops. Only the first of these is told by a `complete` event.
    async fn run(mut self) {
        let inner = Arc::clone(&self.transport.inner);
        let ended = self.authenticated.ended.clone();
        let mut unanswered = Some(Instant::now());
        loop {
            let pause = self.pause();
            let event = tokio::select! {
                biased;
                () = inner.draining.cancelled() => return,
                () = ended.cancelled() => return,
                () = self.events.closed() => return,
                result = self.results.next() => match result {
                    Some(result) => self.to_event(result, unanswered.take()),
                    None => {
                        self.send(Bytes::from_static(COMPLETE)).await;
                        return;
                    }
                },
                () = sleep(pause) => {
                    if !self.authenticated.is_valid(inner.clock.now()) || !self.keep_alive() {
                        return;
                    }
                    continue;
                }
            };
            let Some(event) = event else { return };
            if !self.authenticated.is_valid(inner.clock.now()) || !self.send(event).await {
                return;
            }
        }
    }

    /// The `since` of the first answer says when the operation began.
    fn to_event(&self, result: Result<Given, Panicked>, since: Option<Instant>) -> Option<Bytes> {
        let inner = &self.transport.inner;
        let answer = execute::to_answer(result, self.transport.finish(&self.request_id));
        if let Some(since) = since {
            let kind = kind_label(self.kind);
            measures::answered(Via::EventStream, kind, &answer, since.elapsed());
        }
        if self.kind == OperationType::Subscription && answer.is_unavailable() {
            // The event would be lost with this answer. A client that resumes is given it again.
            return None;
        }
        inner.measures.event_stream_deliveries.increment(1);
        let limits = &inner.settings.limits;
        let event = answer.write(limits, limits.answer_bytes, next_event);
        event.ok().map(Bytes::from)
    }

    /// Waits for room, but not for ever and not for one who has no access any more.
    async fn send(&mut self, event: Bytes) -> bool {
        let inner = &self.transport.inner;
        let patience = inner.settings.timings.peer;
        tokio::select! {
            biased;
            () = inner.draining.cancelled() => false,
            () = self.authenticated.ended.cancelled() => false,
            sent = timeout(patience, self.events.send(event)) => matches!(sent, Ok(Ok(()))),
        }
    }

    /// Leaves a comment where there is room; whoever has not read anything for too long is left behind. It does not wait: the
    /// operation may be in the middle of a step, and hold what others wait for.
    fn keep_alive(&mut self) -> bool {
        let now = Instant::now();
        let full = self
            .events
            .try_send(Bytes::from_static(KEEP_ALIVE))
            .is_err();
        let patience = self.transport.inner.settings.timings.peer;
        self.full_since = full.then(|| self.full_since.unwrap_or(now));
        self.full_since
            .is_none_or(|since| now.duration_since(since) < patience)
    }

    /// Until the next comment, or until the credentials expire if that is sooner.
    fn pause(&self) -> Duration {
        let inner = &self.transport.inner;
        let keep_alive = inner.settings.timings.keep_alive;
        self.authenticated
            .time_left(inner.clock.now())
            .map_or(keep_alive, |left| left.min(keep_alive))
    }
}
