//! A small schema, and a server for it on a free port.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_graphql::{
    Context, Error, ErrorExtensions, ID, Object, Result, Schema, SimpleObject, Subscription,
};
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::tokens::{Viewer, authenticate};
use crate::domain::{budget::Budget, clock::Clock, entropy::Entropy};
use crate::http::transport::{
    AllowedOrigins, BearerToken, ConnectionAuth, Limits, Settings, Timings, Transport, Vocabulary,
    router,
};

pub(super) const ORIGIN: &str = "https://clinic.example";

type ToySchema = Schema<Query, Mutation, Feed>;

/// What resolvers and tests share.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) resolved: AtomicUsize,
    pub(super) opened_feeds: AtomicUsize,
    pub(super) dropped_feeds: AtomicUsize,
    pub(super) gate: Notify,
}

pub(super) struct Query;

#[derive(SimpleObject)]
struct Node {
    name: String,
}

#[Object]
impl Query {
    async fn hello(&self, #[graphql(default = 1)] times: i32) -> String {
        "hello".repeat(usize::try_from(times).unwrap())
    }

    async fn viewer(&self, ctx: &Context<'_>) -> Option<&'static str> {
        ctx.data_opt::<Viewer>().map(|viewer| viewer.0)
    }

    async fn echo(&self, id: ID) -> ID {
        id
    }

    async fn nodes(&self, first: Option<i32>) -> Vec<Node> {
        let count = first.unwrap_or(1);
        (0..count)
            .map(|n| Node {
                name: n.to_string(),
            })
            .collect()
    }

    async fn node(&self) -> Nested {
        Nested
    }

    async fn list(&self) -> Vec<Nested> {
        vec![Nested]
    }

    async fn coded(&self) -> Result<Option<i32>> {
        Err(Error::new("No such thing.").extend_with(|_, e| e.set("code", "NOT_FOUND")))
    }

    async fn leaky(&self) -> Result<Option<i32>> {
        Err(std::io::Error::other("secret detail"))?
    }

    async fn panics(&self) -> i32 {
        let none: Option<i32> = std::hint::black_box(None);
        none.expect("secret panic")
    }

    async fn waits(&self, ctx: &Context<'_>) -> &'static str {
        ctx.data_unchecked::<Arc<Shared>>().gate.notified().await;
        "waited"
    }
}

struct Nested;

#[Object]
impl Nested {
    async fn node(&self) -> Nested {
        Nested
    }

    async fn name(&self) -> &'static str {
        "nested"
    }
}

#[derive(Clone, Copy)]
struct Greedy;

#[Object]
impl Greedy {
    async fn reads(&self, ctx: &Context<'_>, bytes: usize) -> Result<usize> {
        ctx.data_unchecked::<Budget>().read(bytes)?;
        Ok(bytes)
    }
}

pub(super) struct Mutation;

#[Object]
impl Mutation {
    async fn count(&self, ctx: &Context<'_>) -> usize {
        let shared = ctx.data_unchecked::<Arc<Shared>>();
        shared.resolved.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Counts after the test has opened the gate.
    async fn count_later(&self, ctx: &Context<'_>) -> usize {
        let shared = ctx.data_unchecked::<Arc<Shared>>();
        shared.gate.notified().await;
        shared.resolved.fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn renew(&self, ctx: &Context<'_>, token: String) -> Result<bool> {
        let auth = ctx.data::<Arc<ConnectionAuth>>()?;
        match auth.renew(BearerToken::new(token)).await {
            Ok(_) => Ok(true),
            Err(error) => {
                Err(Error::new(error.to_string())
                    .extend_with(|_, e| e.set("code", "UNAUTHENTICATED")))
            }
        }
    }
}

pub(super) struct Feed;

struct CountDrop(Arc<Shared>);

impl Drop for CountDrop {
    fn drop(&mut self) {
        self.0.dropped_feeds.fetch_add(1, Ordering::SeqCst);
    }
}

#[Subscription]
impl Feed {
    async fn numbers(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }

    /// Endless lines of a kilobyte; counts how many were made.
    async fn flood(&self, ctx: &Context<'_>) -> impl Stream<Item = String> + use<> {
        let shared = Arc::clone(ctx.data_unchecked::<Arc<Shared>>());
        stream::repeat_with(move || {
            shared.resolved.fetch_add(1, Ordering::SeqCst);
            "x".repeat(1024)
        })
    }

    async fn silence(&self, ctx: &Context<'_>) -> impl Stream<Item = i32> + use<> {
        let guard = CountDrop(Arc::clone(ctx.data_unchecked::<Arc<Shared>>()));
        guard.0.opened_feeds.fetch_add(1, Ordering::SeqCst);
        stream::pending().inspect(move |_: &i32| {
            let _ = &guard;
        })
    }

    /// Three lines, each of which reads most of what one answer may.
    async fn greedy(&self) -> impl Stream<Item = Greedy> {
        stream::iter([Greedy; 3])
    }

    async fn forbidden(&self) -> Result<stream::Pending<i32>> {
        Err(Error::new("Not yours.").extend_with(|_, e| e.set("code", "FORBIDDEN")))
    }

    async fn panicking(&self) -> impl Stream<Item = i32> {
        stream::iter(1..=2).map(|n| if n == 2 { panic!("secret panic") } else { n })
    }
}

/// A running server with what a test turns.
pub(super) struct Toy {
    pub(super) address: SocketAddr,
    pub(super) transport: Transport<ToySchema>,
    pub(super) shared: Arc<Shared>,
    pub(super) revoked: CancellationToken,
    clock: Arc<Mutex<DateTime<Utc>>>,
}

impl Toy {
    pub(super) fn settings() -> Settings {
        Settings {
            limits: Limits::default(),
            timings: Timings::default(),
            origins: AllowedOrigins::new([ORIGIN]).unwrap(),
            introspection: true,
            vocabulary: Vocabulary::read(&Schema::new(Query, Mutation, Feed).sdl()).unwrap(),
            kept: &[],
        }
    }

    pub(super) async fn start() -> Self {
        Self::with(Self::settings()).await
    }

    pub(super) async fn with(settings: Settings) -> Self {
        let shared = Arc::new(Shared::default());
        let schema = Schema::build(Query, Mutation, Feed)
            .data(Arc::clone(&shared))
            .finish();
        let clock = Arc::new(Mutex::new(DateTime::<Utc>::UNIX_EPOCH));
        let revoked = CancellationToken::new();
        let now = Arc::clone(&clock);
        let transport = Transport::new(
            schema,
            authenticate(Arc::clone(&clock), revoked.clone()),
            Arc::new(|request, auth| request.data(auth)),
            Clock::new(move || *now.lock().unwrap()),
            Entropy::system(),
            settings,
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service: IntoMakeServiceWithConnectInfo<_, SocketAddr> =
            router(transport.clone()).into_make_service_with_connect_info();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self {
            address,
            transport,
            shared,
            revoked,
            clock,
        }
    }

    pub(super) fn advance(&self, minutes: i64) {
        *self.clock.lock().unwrap() += TimeDelta::minutes(minutes);
    }
}

/// Fails a test that hangs.
pub(super) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), future)
        .await
        .unwrap_or_else(|_| panic!("{what} took too long"))
}

/// Waits for a condition that other tasks bring about.
pub(super) async fn until(what: &str, condition: impl Fn() -> bool) {
    soon(what, async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
