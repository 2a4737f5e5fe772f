//! What the transports count. Labels come from closed sets, never from a request.

use std::time::Duration;

use metrics::{Counter, Gauge, counter, gauge, histogram};

use super::{answer::Answer, close_code::CloseCode};

/// How an operation came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    Http,
    WebSocket,
    EventStream,
}

impl Via {
    fn label(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::WebSocket => "websocket",
            Self::EventStream => "event_stream",
        }
    }
}

/// Handles of the metrics that are touched for each delivery, looked up once.
#[derive(Clone)]
pub(super) struct Measures {
    pub(super) websocket_connections: Gauge,
    pub(super) websocket_subscriptions: Gauge,
    pub(super) websocket_deliveries: Counter,
    pub(super) event_streams: Gauge,
    pub(super) event_stream_deliveries: Counter,
}

impl Measures {
    pub(super) fn new() -> Self {
        Self {
            websocket_connections: gauge!("tidings_websocket_connections"),
            websocket_subscriptions: gauge!("tidings_websocket_subscriptions"),
            websocket_deliveries: counter!("tidings_deliveries_total", "via" => Via::WebSocket.label()),
            event_streams: gauge!("tidings_event_streams"),
            event_stream_deliveries: counter!("tidings_deliveries_total", "via" => Via::EventStream.label()),
        }
    }
}

/// Counts a request that was refused before its operation was known.
pub(super) fn refused(via: Via) {
    counter!(
        "tidings_graphql_requests_total",
        "via" => via.label(), "kind" => "unknown", "outcome" => "refused"
    )
    .increment(1);
}

/// Counts an operation with its first answer.
pub(super) fn answered(via: Via, kind: &'static str, answer: &Answer, took: Duration) {
    counter!(
        "tidings_graphql_requests_total",
        "via" => via.label(), "kind" => kind, "outcome" => answer.outcome()
    )
    .increment(1);
    histogram!("tidings_graphql_request_seconds", "via" => via.label(), "kind" => kind)
        .record(took.as_secs_f64());
}

/// Counts a WebSocket that the server closed, or that was lost where there is no code.
pub(super) fn closed(code: Option<CloseCode>) {
    let label = code.map_or("none", CloseCode::label);
    counter!("tidings_websocket_closed_total", "code" => label).increment(1);
}

/// One more in a gauge for as long as it lives.
pub(super) struct Counted(Gauge);

impl Counted {
    pub(super) fn new(gauge: &Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
