//! The one place that wires the parts together.

mod authenticate;
mod database;
mod files;
mod full_bucket;
mod housekeeping;
mod inspect;
mod post;
mod private_files;
mod secret_key;
mod shutdown;
mod transport;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::{Config, PublicUrl},
    delivery::{Nudge, Worker},
    demo::{self, DemoError, Demonstration},
    domain::{
        clock::Clock,
        core::{Core, Doorbell},
        entropy::Entropy,
    },
    graphql::schema::Tidings,
    http::{
        self, Site,
        health::Health,
        metrics, server,
        transport::{RequestIds, Transport},
        uploads::FileSite,
    },
    inspection::Inspector,
    realtime::{Broker, InProcess, Realtime},
};

pub use database::DatabaseError;
pub use files::FilesError;
pub use housekeeping::Housekeeper;
use housekeeping::Retention;
pub use post::PostError;
pub use secret_key::SecretKeyError;

/// What the server takes from outside, so that tests can hold it in their hands.
pub struct Surroundings {
    /// The time.
    pub clock: Clock,
    /// Random bytes and ids.
    pub entropy: Entropy,
    /// The way to other nodes.
    pub broker: Arc<dyn Broker>,
    /// Whether what was promised for later is done by itself. Without it the outbox waits for [`App::worker`] to be run,
    /// and nothing is forgotten until [`App::housekeeper`] is asked to.
    pub unattended: bool,
    /// What the server is for.
    pub purpose: Purpose,
    /// This program, for what it does in processes of its own; none where it is part of another.
    pub program: Option<PathBuf>,
    /// Where to listen instead of the configured address.
    pub listener: Option<TcpListener>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            entropy: Entropy::system(),
            broker: Arc::new(InProcess::default()),
            unattended: true,
            purpose: Purpose::Production,
            program: None,
            listener: None,
        }
    }
}

/// What a server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The clinics' own data.
    Production,
    /// Trying it on a small clinic whose passwords everybody knows.
    Demonstration,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database is not to be had.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The secret key is not to be had.
    #[error(transparent)]
    SecretKey(#[from] SecretKeyError),
    /// The store of files is not to be had.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {error}; `listen` or TIDINGS_LISTEN names another address"
    )]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// What the operating system says.
        error: io::Error,
    },
    /// The demonstration is not to be had.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// Nothing can be delivered.
    #[error(transparent)]
    Post(#[from] PostError),
    /// Metrics are not to be had.
    #[error("metrics cannot be recorded: another recorder is in place")]
    Metrics,
}

/// Opens what the domain works with, for commands that serve nothing. The database must be up to date, or is brought up
/// to date where the configuration says so.
///
/// # Errors
/// See [`StartError`].
pub async fn open(config: &Config, surroundings: &Surroundings) -> Result<Core, StartError> {
    let secret = secret_key::load(&config.secret, &surroundings.entropy)?;
    let store = database::open(config, surroundings.purpose).await?;
    Ok(Core {
        store,
        files: files::open(&config.attachments)?,
        clock: surroundings.clock.clone(),
        entropy: surroundings.entropy.clone(),
        secret,
        passwords: Default::default(),
        doorbell: Doorbell::silent(),
        post_office: Default::default(),
        outlets: post::outlets(config, surroundings.purpose),
    })
}

/// Runs all pending migrations.
///
/// # Errors
/// See [`DatabaseError`].
pub async fn migrate(config: &Config) -> Result<(), DatabaseError> {
    database::migrate(config).await
}

/// A server that answers.
pub struct App {
    /// Where it listens.
    pub address: SocketAddr,
    /// How people reach it.
    pub public_url: PublicUrl,
    /// The domain's surroundings.
    pub core: Core,
    /// The live side of this node.
    pub realtime: Realtime,
    /// Empties the outbox.
    pub worker: Arc<Worker>,
    /// Forgets what has run out.
    pub housekeeper: Housekeeper,
    /// Inspects files.
    pub inspector: Arc<Inspector>,
    /// The demonstration, where it is one.
    pub demonstration: Option<Demonstration>,
    transport: Transport<Tidings>,
    files: FileSite,
    accepting: CancellationToken,
    server: JoinHandle<()>,
    workers: Workers,
    grace: Duration,
}

/// Tasks that run beside the requests.
#[derive(Default)]
struct Workers {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl App {
    /// Opens everything and begins to listen.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: Config, surroundings: Surroundings) -> Result<Self, StartError> {
        let metrics = metrics::recorder().ok_or(StartError::Metrics)?;
        let quiet = open(&config, &surroundings).await?;
        let demonstration = demonstration(surroundings.purpose, &quiet).await?;
        // What reads the log never writes to it, so its own core needs no doorbell.
        let realtime = Realtime::start(quiet.clone(), Arc::clone(&surroundings.broker));
        let nudge = Nudge::default();
        let core = Core {
            doorbell: doorbell(realtime.clone(), nudge.clone()),
            ..quiet
        };
        let (listener, address) = listen(&config, surroundings.listener).await?;
        let public_url = config
            .public_url
            .clone()
            .unwrap_or_else(|| PublicUrl::of(address));
        let origins = transport::origins(&config, &public_url, address, surroundings.purpose);
        let keeps_messages = post::keeps_messages(&config, surroundings.purpose);
        let files = FileSite::new(core.clone(), origins.clone());
        let site = (keeps_messages, &public_url);
        let transport = transport::new(&config, site, origins.clone(), &core, &realtime);
        let workers = Workers::default();
        let webhooks = post::webhooks(&core, &public_url, nudge.clone());
        let worker = post::worker(&config, keeps_messages, &public_url, &core, nudge)?;
        let housekeeper = Housekeeper::new(&core, Retention::of(&config), &workers);
        let inspector = inspect::inspector(&config.attachments, &core, surroundings.program);
        if surroundings.unattended {
            post::start(&workers, &worker, &core);
            inspect::start(&workers, &inspector);
            housekeeper.start(&workers);
        }
        housekeeping::keep_metrics(&workers, metrics.clone());
        let site = Site {
            core: core.clone(),
            graphiql: config.web.graphiql,
            demonstration: demonstration.clone(),
            origins,
            https: public_url.is_https(),
            trusted_proxies: config.web.trusted_proxies.clone().into(),
            request_timeout: config.web.request_timeout,
            health: Health::new(
                core.store.clone(),
                realtime.clone(),
                inspector.scanner_state(),
            ),
            metrics,
            ids: RequestIds::new(core.clock.clone(), core.entropy.clone()),
            files: files.clone(),
            webhooks,
        };
        let router = http::router(site, http::transport::router(transport.clone()));
        let accepting = CancellationToken::new();
        let bounds = transport::bounds(&config);
        let server = tokio::spawn(server::serve(listener, router, bounds, accepting.clone()));
        Ok(Self {
            address,
            public_url,
            core,
            realtime,
            demonstration,
            worker,
            housekeeper,
            inspector,
            transport,
            files,
            accepting,
            server,
            workers,
            grace: config.shutdown_grace,
        })
    }
}

/// The demonstration, where it is one.
async fn demonstration(purpose: Purpose, core: &Core) -> Result<Option<Demonstration>, DemoError> {
    match purpose {
        Purpose::Demonstration => Ok(Some(demo::prepare(core).await?)),
        Purpose::Production => Ok(None),
    }
}

/// After each commit this node's readers, the other nodes and the workers are told.
fn doorbell(realtime: Realtime, nudge: Nudge) -> Doorbell {
    Doorbell::new(move |organization, position| {
        realtime.ring(organization, position);
        nudge.ring();
    })
}

async fn listen(
    config: &Config,
    given: Option<TcpListener>,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let address = config.listen;
    let failed = |error| StartError::Listen { address, error };
    let listener = match given {
        Some(listener) => listener,
        None => TcpListener::bind(address).await.map_err(failed)?,
    };
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
