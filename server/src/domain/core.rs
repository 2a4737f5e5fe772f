//! What every domain function works with.

use std::sync::Arc;

use entity::OrganizationId;

use super::{
    attachments::Files, clock::Clock, entropy::Entropy, event_log::Position, secret::ServerSecret,
    store::Store,
};

/// Tells whoever listens that an organization's log has grown. It may be lost, doubled or late: it only makes things
/// faster, and it carries no content.
#[derive(Clone)]
pub struct Doorbell(Arc<dyn Fn(OrganizationId, Position) + Send + Sync>);

impl Doorbell {
    /// A doorbell that calls `ring` after each commit.
    pub fn new(ring: impl Fn(OrganizationId, Position) + Send + Sync + 'static) -> Self {
        Self(Arc::new(ring))
    }

    /// A doorbell that nobody hears.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(|_, _| {})
    }

    pub(crate) fn ring(&self, organization: OrganizationId, position: Position) {
        (self.0)(organization, position);
    }
}

/// What this server can hand notifications to. What finds nothing there ends among the dead letters, so whoever sends to
/// many is warned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlets {
    /// Whether e-mails leave, or are kept where they can be looked at.
    pub emails: bool,
    /// Whether text messages do, also of clinics without a gateway of their own.
    pub texts: bool,
}

impl Outlets {
    /// Everything can leave.
    pub const ALL: Self = Self {
        emails: true,
        texts: true,
    };
}

/// The domain's surroundings: database, time, randomness, secret and doorbell. Cheap to clone.
#[derive(Clone)]
pub struct Core {
    /// The database.
    pub store: Store,
    /// The store of files.
    pub files: Files,
    /// The time.
    pub clock: Clock,
    /// Random bytes and ids.
    pub entropy: Entropy,
    /// The server's secret.
    pub secret: ServerSecret,
    /// Hashes passwords, a bounded number at once.
    pub passwords: super::sessions::Passwords,
    /// Rung after each commit that grew a log.
    pub doorbell: Doorbell,
    /// The one writer of messages of each organization.
    pub post_office: super::messages::PostOffice,
    /// What notifications can be handed to.
    pub outlets: Outlets,
}
