//! Typing and presence (LIVE-8): never stored, never delaying messages, and dropped when a subscriber is slow.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use entity::{ConversationId, OrganizationId, PersonId};
use tokio::{sync::Notify, time::Instant};

use super::{Realtime, organization::Organization, pace::Subject};
use crate::domain::event_log::Position;

/// What a person does in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalKind {
    /// Types a message.
    Typing,
    /// Has stopped typing.
    StoppedTyping,
    /// Has the conversation open, and wants to know who else has.
    Came,
    /// Has the conversation open still.
    Here,
    /// Has closed it.
    Left,
}

/// The most signals that wait for a subscriber; the oldest goes when one more comes.
const CAPACITY: usize = 32;

#[derive(Default)]
pub(super) struct SignalBox {
    waiting: Mutex<VecDeque<(PersonId, SignalKind)>>,
    arrived: Notify,
}

impl SignalBox {
    pub(super) fn put(&self, person: PersonId, kind: SignalKind) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= CAPACITY {
            waiting.pop_front();
        }
        waiting.push_back((person, kind));
        drop(waiting);
        self.arrived.notify_one();
    }
}

/// What others do in a conversation, as long as one has it open. Opening tells the others that one came, dropping that
/// one left, unless one has it open once more.
pub struct SignalFeed {
    realtime: Realtime,
    organization: Arc<Organization>,
    conversation: ConversationId,
    person: PersonId,
    key: u64,
    signals: Arc<SignalBox>,
    /// Up to which change of access the subscriber was checked.
    checked: Option<Position>,
}

impl SignalFeed {
    /// The next thing that somebody else does.
    pub async fn next(&self) -> (PersonId, SignalKind) {
        loop {
            let next = self
                .signals
                .waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front();
            match next {
                Some((person, _)) if person == self.person => {}
                Some((person, kind)) => {
                    if kind == SignalKind::Came {
                        self.say(SignalKind::Here);
                    }
                    return (person, kind);
                }
                None => self.signals.arrived.notified().await,
            }
        }
    }

    /// Whether access may have changed since the subscriber was checked last. Asking counts as checking.
    pub fn must_check(&mut self) -> bool {
        let changed = self.organization.access_changed();
        let must_check = self.checked.is_none_or(|checked| changed > checked);
        self.checked = Some(changed);
        must_check
    }

    /// Tells the others that one is still here.
    pub fn stay(&self) {
        self.say(SignalKind::Here);
    }

    fn say(&self, kind: SignalKind) {
        self.realtime
            .signal(self.organization.id, self.conversation, self.person, kind);
    }
}

impl Drop for SignalFeed {
    fn drop(&mut self) {
        let stays = self
            .organization
            .stop_listening(self.conversation, self.person, self.key);
        if !stays {
            self.say(SignalKind::Left);
        }
    }
}

impl Realtime {
    /// Tells whoever has the conversation open what a person does there: at once, or with what the person does next when
    /// something of the kind was told a moment ago.
    pub fn signal(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        person: PersonId,
        kind: SignalKind,
    ) {
        let subject = Subject::new(organization, conversation, person, kind);
        if let Some(signal) = self.0.pace.tell(subject, kind, Instant::now()) {
            self.announce(signal);
        }
    }

    /// Opens a conversation for signals.
    #[must_use]
    pub fn signals(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        person: PersonId,
    ) -> SignalFeed {
        let organization = self.organization(organization);
        let (key, signals) = organization.listen(conversation, person);
        let feed = SignalFeed {
            realtime: self.clone(),
            organization,
            conversation,
            person,
            key,
            signals,
            checked: None,
        };
        feed.say(SignalKind::Came);
        feed
    }
}
