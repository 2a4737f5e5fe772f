//! Places in the hub that are given up when they are dropped.

use std::sync::Arc;

use entity::{PersonId, SessionId};
use tokio_util::sync::CancellationToken;

use super::{
    Topic,
    mailbox::Mailbox,
    organization::{Organization, Watched},
};

impl Organization {
    pub(super) fn register(self: &Arc<Self>, topics: Vec<Topic>) -> Registration {
        let mailbox = Arc::new(Mailbox::default());
        let mut registry = self.registry();
        let key = registry.key();
        for topic in &topics {
            registry
                .mailboxes
                .entry(*topic)
                .or_default()
                .insert(key, Arc::clone(&mailbox));
        }
        if registry.closed {
            mailbox.close();
        }
        drop(registry);
        Registration {
            organization: Arc::clone(self),
            key,
            topics,
            mailbox,
        }
    }

    pub(super) fn watch_session(
        self: &Arc<Self>,
        person: PersonId,
        session: SessionId,
    ) -> SessionGuard {
        let ended = CancellationToken::new();
        let mut registry = self.registry();
        let key = registry.key();
        registry.sessions.insert(
            key,
            Watched {
                person,
                session,
                ended: ended.clone(),
            },
        );
        drop(registry);
        SessionGuard {
            organization: Arc::clone(self),
            key,
            ended,
        }
    }
}

/// A subscriber's place in the hub; given up when dropped.
pub(super) struct Registration {
    pub(super) organization: Arc<Organization>,
    pub(super) key: u64,
    pub(super) topics: Vec<Topic>,
    pub(super) mailbox: Arc<Mailbox>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut registry = self.organization.registry();
        for topic in &self.topics {
            if let Some(mailboxes) = registry.mailboxes.get_mut(topic) {
                mailboxes.remove(&self.key);
                if mailboxes.is_empty() {
                    registry.mailboxes.remove(topic);
                }
            }
        }
    }
}

/// Holds a session that has a socket open; let go when dropped.
pub struct SessionGuard {
    pub(super) organization: Arc<Organization>,
    pub(super) key: u64,
    pub(super) ended: CancellationToken,
}

impl SessionGuard {
    /// Cancelled when the session is revoked, on whichever node.
    #[must_use]
    pub fn ended(&self) -> &CancellationToken {
        &self.ended
    }
}

impl Drop for SessionGuard {
    fn drop(&mut self) {
        self.organization.registry().sessions.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use entity::OrganizationId;
    use uuid::Uuid;

    use super::*;
    use crate::realtime::mailbox::Taken;

    #[test]
    fn who_registers_when_nothing_is_handed_out_any_more_is_told() {
        let organization = Arc::new(Organization::new(
            OrganizationId(Uuid::nil()),
            Arc::default(),
        ));
        let early = organization.register(vec![Topic::Everybody]);
        organization.close();
        let late = organization.register(vec![Topic::Everybody]);
        for registration in [early, late] {
            assert!(matches!(registration.mailbox.take(), Taken::Closed));
        }
    }
}
