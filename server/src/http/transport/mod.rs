//! The GraphQL transports: HTTP, WebSocket (`graphql-transport-ws`) and event streams
//! (graphql-sse), all on one path and under the same limits.
//!
//! They know an executor and a function that authenticates; of the schema behind them the names, and nothing else.

mod answer;
mod bounded;
mod close_code;
mod connections;
mod cost;
mod credentials;
mod event_stream;
mod execute;
mod http;
mod kept;
mod lexical;
mod limits;
mod measures;
mod media_type;
mod multipart;
mod operation;
mod origin;
mod params;
mod refusal;
mod request_id;
mod response;
mod retained;
#[cfg(test)]
mod tests;
mod vocabulary;
mod websocket;

use std::{sync::Arc, time::Duration};

use async_graphql::Executor;
use axum::{Router, middleware, routing::any};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(in crate::http) use self::http::{header_token, source};
use self::{answer::Finish, connections::Connections, measures::Measures};
pub use self::{
    credentials::{
        Attach, Authenticate, AuthenticateError, Authenticated, BearerToken, Connect,
        ConnectionAuth, Credentials, PersonKey, RenewError, SessionKey,
    },
    limits::{Exceeded, Limit, Limits},
    origin::{AllowedOrigins, InvalidOrigin},
    request_id::{REQUEST_ID_HEADER, RequestId, RequestIds, identify},
    vocabulary::Vocabulary,
};
use crate::{
    domain::{clock::Clock, entropy::Entropy},
    graphql::selection::Selections,
};

/// What an operator can set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What requests and connections may cost.
    pub limits: Limits,
    /// How long things may take.
    pub timings: Timings,
    /// From which web pages requests are taken.
    pub origins: AllowedOrigins,
    /// Whether clients may ask for the schema; without it they get no suggestions either.
    pub introspection: bool,
    /// What is known of the schema.
    pub vocabulary: Vocabulary,
    /// The fields of the subscription type whose events resolve what a
    /// [`Selection`](crate::graphql::selection::Selection) in the request's data says, so that it need not stand in the document.
    pub kept: &'static [&'static str],
}

/// How long the transports wait.
#[derive(Debug, Clone)]
pub struct Timings {
    /// For the body of an HTTP request.
    pub body: Duration,
    /// For `connection_init` after a WebSocket has opened, and then for its token to be checked.
    pub connection_init: Duration,
    /// Between two pings of a WebSocket.
    pub ping: Duration,
    /// For any sign of a peer before it counts as gone.
    pub peer: Duration,
    /// For a peer to answer the closing of its WebSocket.
    pub close: Duration,
    /// For queries and mutations of a WebSocket that run when the server stops.
    pub drain: Duration,
    /// Between two comments that keep an event stream open.
    pub keep_alive: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            body: Duration::from_secs(30),
            connection_init: Duration::from_secs(10),
            ping: Duration::from_secs(20),
            peer: Duration::from_secs(45),
            close: Duration::from_secs(2),
            drain: Duration::from_secs(5),
            keep_alive: Duration::from_secs(12),
        }
    }
}

/// Serves one executor. Clones share everything.
pub struct Transport<E> {
    inner: Arc<Inner<E>>,
}

struct Inner<E> {
    executor: E,
    authenticate: Authenticate,
    connect: Connect,
    clock: Clock,
    entropy: Entropy,
    request_ids: RequestIds,
    settings: Settings,
    connections: Arc<Connections>,
    measures: Measures,
    selections: Selections,
    tasks: TaskTracker,
    draining: CancellationToken,
}

impl<E> Clone for Transport<E> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<E: Executor> Transport<E> {
    /// Puts the parts together. A metrics recorder must be installed before.
    pub fn new(
        executor: E,
        authenticate: Authenticate,
        connect: Connect,
        clock: Clock,
        entropy: Entropy,
        settings: Settings,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                executor,
                authenticate,
                connect,
                request_ids: RequestIds::new(clock.clone(), entropy.clone()),
                clock,
                entropy,
                settings,
                connections: Arc::default(),
                measures: Measures::new(),
                selections: Selections::default(),
                tasks: TaskTracker::new(),
                draining: CancellationToken::new(),
            }),
        }
    }

    /// What the errors of an answer need.
    fn finish<'a>(&'a self, request_id: &'a RequestId) -> Finish<'a> {
        Finish {
            request_id: request_id.as_str(),
            entropy: &self.inner.entropy,
            vocabulary: self
                .inner
                .settings
                .introspection
                .then_some(&self.inner.settings.vocabulary),
        }
    }

    /// Closes all WebSockets and event streams so that their clients come back elsewhere, takes
    /// no new ones, and waits until they are gone and all mutations have ended.
    pub async fn drain(&self) {
        self.inner.draining.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }
}

/// The route `/graphql`: POST and GET, WebSocket, event streams, and CORS.
pub fn router<E: Executor>(transport: Transport<E>) -> Router {
    let ids = transport.inner.request_ids.clone();
    Router::new()
        .route("/graphql", any(http::serve::<E>))
        .with_state(transport)
        .layer(middleware::from_fn_with_state(ids, identify))
}
