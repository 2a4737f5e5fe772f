//! Live delivery: reading organizations' logs at their ends and handing events to whom they concern.
//!
//! The log is the truth. Doorbells, brokers and mailboxes only make things faster: whatever they lose is read again.

mod batch;
mod blocks;
mod broker;
mod feed;
mod mailbox;
mod organization;
mod pace;
mod registration;
mod renderings;
mod signals;
mod standing;
mod tailer;
mod topic;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use entity::{OrganizationId, PersonId, SessionId};
use sea_orm::ConnectionTrait as _;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

pub use batch::{Content, Occurrence};
pub use broker::{Broker, Ear, Envelope, InProcess, Signal};
pub use feed::{Feed, Item, ResyncReason};
pub use registration::SessionGuard;
pub use renderings::{Outlet, RenderingKey, Renderings};
pub use signals::{SignalFeed, SignalKind};
pub use topic::Topic;

use blocks::Blocks;
use organization::Organization;
use pace::Pace;

use crate::domain::{core::Core, event_log::Position, fault::Fault, store::Sql};

/// How often the heads of all watched logs are read, in case a doorbell was lost.
pub const POLL: Duration = Duration::from_secs(1);

/// How many heads are read in one statement: a database takes only so many values in each.
const HEADS_AT_ONCE: usize = 1000;

/// How many organizations' logs are read at once for subscribers who have fallen behind, so that they leave connections to
/// the database for everybody else.
const CATCH_UPS: usize = 4;

/// The node's live side. Cheap to clone.
#[derive(Clone)]
pub struct Realtime(Arc<Inner>);

struct Inner {
    core: Core,
    node: Uuid,
    broker: Arc<dyn Broker>,
    organizations: Mutex<HashMap<OrganizationId, Arc<Organization>>>,
    catch_ups: Semaphore,
    blocks: Arc<Blocks>,
    pace: Pace,
    renderings: Renderings,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Realtime {
    /// Starts listening to the broker and watching for lost doorbells.
    #[must_use]
    pub fn start(core: Core, broker: Arc<dyn Broker>) -> Self {
        let node = core.entropy.uuid(core.clock.now());
        let realtime = Self(Arc::new(Inner {
            core,
            node,
            broker,
            organizations: Mutex::default(),
            catch_ups: Semaphore::new(CATCH_UPS),
            blocks: Arc::default(),
            pace: Pace::default(),
            renderings: Renderings::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }));
        let weak = Arc::downgrade(&realtime.0);
        realtime
            .0
            .broker
            .listen(Arc::new(move |envelope: &Envelope| {
                if let Some(inner) = weak.upgrade() {
                    Self(inner).hear(envelope);
                }
            }));
        realtime.0.tasks.spawn(poll(realtime.clone()));
        realtime.0.tasks.spawn(pace::keep(realtime.clone()));
        realtime
    }

    /// Tells this node and the others that a log has grown.
    pub fn ring(&self, organization: OrganizationId, position: Position) {
        self.announce(Signal::Doorbell {
            organization,
            position,
        });
    }

    /// What events were rendered to lately.
    #[must_use]
    pub fn renderings(&self) -> &Renderings {
        &self.0.renderings
    }

    /// Whether other nodes can be reached.
    #[must_use]
    pub fn broker_is_healthy(&self) -> bool {
        self.0.broker.is_healthy()
    }

    /// Holds a session that has a socket open. Its token is cancelled when the session, or every session of the person,
    /// is revoked.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn watch_session(
        &self,
        organization: OrganizationId,
        person: PersonId,
        session: SessionId,
    ) -> Result<SessionGuard, Fault> {
        let organization = self.organization(organization);
        let guard = organization.watch_session(person, session);
        organization.started().await?;
        Ok(guard)
    }

    /// Stops reading. Feeds end.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    fn announce(&self, signal: Signal) {
        let envelope = Envelope {
            node: self.0.node,
            signal,
        };
        self.apply(&envelope.signal);
        self.0.broker.publish(&envelope);
    }

    fn hear(&self, envelope: &Envelope) {
        if envelope.node != self.0.node {
            self.apply(&envelope.signal);
        }
    }

    fn apply(&self, signal: &Signal) {
        let Some(organization) = self.watched(signal.organization()) else {
            return;
        };
        match signal {
            Signal::Doorbell { position, .. } => organization.ring(*position),
            Signal::Person {
                conversation,
                person,
                kind,
                ..
            } => organization.signal(*conversation, *person, *kind),
        }
    }

    fn watched(&self, id: OrganizationId) -> Option<Arc<Organization>> {
        self.0
            .organizations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned()
    }

    /// The organization's hub; its log is read as long as somebody holds on to the hub.
    fn organization(&self, id: OrganizationId) -> Arc<Organization> {
        let mut organizations = self
            .0
            .organizations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(organizations.entry(id).or_insert_with(|| {
            let organization = Arc::new(Organization::new(id, Arc::clone(&self.0.blocks)));
            self.0
                .tasks
                .spawn(tailer::tail(self.clone(), Arc::clone(&organization)));
            organization
        }))
    }

    /// Forgets an organization whose log could not be read, so that the next subscriber tries again.
    fn forget(&self, organization: &Arc<Organization>) {
        self.0
            .organizations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&organization.id);
    }

    /// Forgets an organization that nobody watches any more; tells whether it is gone.
    fn retire(&self, organization: &Arc<Organization>) -> bool {
        let mut organizations = self
            .0
            .organizations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // The map and the tailer hold one each; whoever else holds one is registered or about to be.
        let idle = Arc::strong_count(organization) <= 2;
        if idle {
            organizations.remove(&organization.id);
        }
        idle
    }
}

/// Reads the heads of all watched logs, a thousand in a statement, and rings for those that have grown unheard. Drops what
/// was read for subscribers who have caught up since.
async fn poll(realtime: Realtime) {
    let polling = async {
        loop {
            tokio::time::sleep(POLL).await;
            look(&realtime).await;
        }
    };
    tokio::select! {
        () = polling => {}
        () = realtime.0.stop.cancelled() => {}
    }
}

async fn look(realtime: &Realtime) {
    realtime.0.renderings.age();
    realtime.0.blocks.age();
    let watched: Vec<_> = {
        let organizations = realtime
            .0
            .organizations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        organizations.keys().copied().collect()
    };
    if watched.is_empty() {
        return;
    }
    for some in watched.chunks(HEADS_AT_ONCE) {
        if let Err(fault) = ring_for_grown(realtime, some).await {
            tracing::warn!(
                error.class = fault.class(),
                "reading the heads of the logs failed"
            );
            return;
        }
    }
}

async fn ring_for_grown(realtime: &Realtime, watched: &[OrganizationId]) -> Result<(), Fault> {
    let connection = realtime.0.core.store.reader();
    let mut select =
        Sql::new("select organization_id, head from event_log where organization_id in ");
    select.list(watched.iter().copied());
    for row in connection.query_all_raw(select.on(connection)).await? {
        if let Some(organization) = realtime.watched(row.try_get_by_index(0)?) {
            organization.ring(Position(row.try_get_by_index(1)?));
        }
    }
    for id in watched {
        if let Some(organization) = realtime.watched(*id) {
            organization.nudge();
        }
    }
    Ok(())
}
