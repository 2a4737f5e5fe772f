//! What nodes tell each other. Ids and positions only; content never travels here.

use std::sync::{Arc, Mutex, PoisonError};

use entity::{ConversationId, OrganizationId, PersonId};
use uuid::Uuid;

use super::SignalKind;
use crate::domain::event_log::Position;

/// A word from one node to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A log has grown to this position.
    Doorbell {
        /// Whose log.
        organization: OrganizationId,
        /// Its head.
        position: Position,
    },
    /// Somebody types, comes or goes. Never stored.
    Person {
        /// The tenant.
        organization: OrganizationId,
        /// In which conversation.
        conversation: ConversationId,
        /// Who.
        person: PersonId,
        /// What they do.
        kind: SignalKind,
    },
}

impl Signal {
    pub(super) fn organization(&self) -> OrganizationId {
        match self {
            Self::Doorbell { organization, .. } | Self::Person { organization, .. } => {
                *organization
            }
        }
    }
}

/// A signal with its sender, so that a node does not hear itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The node that sends it.
    pub node: Uuid,
    /// What it says.
    pub signal: Signal,
}

/// Takes what a broker brings. It must not block.
pub type Ear = Arc<dyn Fn(&Envelope) + Send + Sync>;

/// The way between nodes. It may lose, double and reorder: everything that matters stands in the log.
pub trait Broker: Send + Sync + 'static {
    /// Sends to all nodes. It must not block.
    fn publish(&self, envelope: &Envelope);

    /// Adds a node's ear.
    fn listen(&self, ear: Ear);

    /// Whether other nodes can be reached.
    fn is_healthy(&self) -> bool;
}

/// The broker of a single process.
#[derive(Default)]
pub struct InProcess {
    ears: Mutex<Vec<Ear>>,
}

impl Broker for InProcess {
    fn publish(&self, envelope: &Envelope) {
        let ears = self
            .ears
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for ear in ears {
            ear(envelope);
        }
    }

    fn listen(&self, ear: Ear) {
        self.ears
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(ear);
    }

    fn is_healthy(&self) -> bool {
        true
    }
}
