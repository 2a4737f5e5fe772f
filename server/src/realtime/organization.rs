//! The hub of one organization on this node: who watches what.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use entity::{ConversationId, EventKind, OrganizationId, PersonId, SessionId};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::{
    Occurrence, SignalKind, Topic,
    blocks::{Blocks, Stretch},
    mailbox::Mailbox,
    signals::SignalBox,
    topic::{changes_access, topics},
};
use crate::domain::{
    event_log::{Event, Position},
    fault::Fault,
};

pub(super) struct Organization {
    pub(super) id: OrganizationId,
    registry: Mutex<Registry>,
    /// Everything up to here was handed out.
    head: AtomicI64,
    /// Everything up to here was handed out or is being handed out: who registers now may not be given it any more.
    reached: AtomicI64,
    /// What the doorbell said last.
    wanted: AtomicI64,
    /// The newest event that may have taken access away from somebody. What is older must be checked before delivery.
    access_changed: AtomicI64,
    pub(super) rung: Notify,
    /// What the node has read of the logs for those who had fallen behind.
    pub(super) blocks: Arc<Blocks>,
    /// Held while the log is read for them: whoever waits for it finds what was read.
    pub(super) reading: tokio::sync::Mutex<()>,
    started: watch::Sender<Start>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Pending,
    Done,
    Failed,
}

#[derive(Default)]
pub(super) struct Registry {
    next: u64,
    pub(super) mailboxes: HashMap<Topic, HashMap<u64, Arc<Mailbox>>>,
    pub(super) sessions: HashMap<u64, Watched>,
    signals: HashMap<ConversationId, HashMap<u64, Listener>>,
    /// Whether nothing is handed out any more.
    pub(super) closed: bool,
}

struct Listener {
    person: PersonId,
    signals: Arc<SignalBox>,
}

pub(super) struct Watched {
    pub(super) person: PersonId,
    pub(super) session: SessionId,
    pub(super) ended: CancellationToken,
}

impl Organization {
    pub(super) fn new(id: OrganizationId, blocks: Arc<Blocks>) -> Self {
        Self {
            id,
            registry: Mutex::default(),
            head: AtomicI64::new(0),
            reached: AtomicI64::new(0),
            wanted: AtomicI64::new(0),
            access_changed: AtomicI64::new(0),
            rung: Notify::new(),
            blocks,
            reading: tokio::sync::Mutex::default(),
            started: watch::Sender::new(Start::Pending),
        }
    }

    pub(super) fn registry(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn head(&self) -> Position {
        Position(self.head.load(Ordering::Acquire))
    }

    pub(super) fn wanted(&self) -> Position {
        Position(self.wanted.load(Ordering::Acquire))
    }

    pub(super) fn access_changed(&self) -> Position {
        Position(self.access_changed.load(Ordering::Acquire))
    }

    /// Everything from `head` on will be handed out. What came before was decided before this node looked, so it must be
    /// checked.
    pub(super) fn start(&self, head: Position) {
        self.access_changed.store(head.0, Ordering::Release);
        self.reached.store(head.0, Ordering::Release);
        self.head.store(head.0, Ordering::Release);
        self.started.send_replace(Start::Done);
    }

    pub(super) fn fail_to_start(&self) {
        self.started.send_replace(Start::Failed);
    }

    /// Returns when events are handed out. Whoever registers first, then waits here, then reads the log misses nothing.
    pub(super) async fn started(&self) -> Result<(), Fault> {
        let mut started = self.started.subscribe();
        match started
            .wait_for(|start| *start != Start::Pending)
            .await
            .map(|start| *start)
        {
            Ok(Start::Done) => Ok(()),
            Ok(Start::Pending | Start::Failed) | Err(_) => Err(Fault::Stopping),
        }
    }

    pub(super) fn ring(&self, position: Position) {
        if self.wanted.fetch_max(position.0, Ordering::AcqRel) < position.0 {
            self.rung.notify_one();
        }
    }

    /// Wakes the tailer without news, so that it can see whether anybody is left.
    pub(super) fn nudge(&self) {
        self.rung.notify_one();
    }

    /// Remembers that an event may have taken access away.
    pub(super) fn note_access(&self, event: &Event) {
        if changes_access(event.what.kind) {
            self.access_changed
                .fetch_max(event.position.0, Ordering::AcqRel);
        }
    }

    /// Ends access as soon as the log says so, whatever stands before that in it and is still to be handed out.
    pub(super) fn warn_of(&self, event: &Event) {
        self.note_access(event);
        if event.what.kind == EventKind::SessionRevoked {
            self.registry().end_sessions(event);
        }
    }

    /// What is kept of the log after a position, if it reaches as far as what mailboxes may have been given: what is missing
    /// from it was then not handed out when whoever asks registered, and comes to their mailbox.
    pub(super) fn kept(&self, after: Position) -> Option<Stretch> {
        let reached = Position(self.reached.load(Ordering::Acquire));
        self.blocks.find(self.id, after, reached)
    }

    /// Hands an event to whom it concerns.
    pub(super) fn hand_out(&self, occurrence: &Arc<Occurrence>) {
        self.deliver(occurrence);
        self.settle(occurrence);
    }

    /// Puts an event into the mailboxes of those whom it concerns.
    fn deliver(&self, occurrence: &Arc<Occurrence>) {
        let event = &occurrence.event;
        self.warn_of(event);
        // Before any mailbox is filled: who registers too late for the mailboxes, or whose mailbox overflows, must not take
        // what is kept up to the event before for everything.
        self.reached.store(event.position.0, Ordering::Release);
        let registry = self.registry();
        for topic in topics(&event.what) {
            for mailbox in registry
                .mailboxes
                .get(&topic)
                .into_iter()
                .flat_map(HashMap::values)
            {
                mailbox.put(occurrence);
            }
        }
    }

    /// Goes on behind events that were pruned before this node read them. Nobody knows whom they concerned: all who are
    /// registered read the log, which tells them, are checked again, and show again that their sessions are open.
    pub(super) fn skip(&self, through: Position) {
        self.access_changed.fetch_max(through.0, Ordering::AcqRel);
        self.reached.store(through.0, Ordering::Release);
        let registry = self.registry();
        for mailbox in registry.mailboxes.values().flat_map(HashMap::values) {
            mailbox.overflow();
        }
        for watched in registry.sessions.values() {
            watched.ended.cancel();
        }
        drop(registry);
        self.head.store(through.0, Ordering::Release);
    }

    /// Remembers that an event was handed out.
    fn settle(&self, occurrence: &Arc<Occurrence>) {
        self.blocks.append(occurrence.entry());
        // Only now: a subscriber that sees this head and an empty mailbox has missed nothing up to it.
        self.head
            .store(occurrence.event.position.0, Ordering::Release);
    }

    pub(super) fn listen(
        self: &Arc<Self>,
        conversation: ConversationId,
        person: PersonId,
    ) -> (u64, Arc<SignalBox>) {
        let signals = Arc::new(SignalBox::default());
        let mut registry = self.registry();
        let key = registry.key();
        registry.signals.entry(conversation).or_default().insert(
            key,
            Listener {
                person,
                signals: Arc::clone(&signals),
            },
        );
        drop(registry);
        (key, signals)
    }

    /// Gives the place up; tells whether the person has the conversation open elsewhere on this node.
    pub(super) fn stop_listening(
        &self,
        conversation: ConversationId,
        person: PersonId,
        key: u64,
    ) -> bool {
        let mut registry = self.registry();
        let Some(listeners) = registry.signals.get_mut(&conversation) else {
            return false;
        };
        listeners.remove(&key);
        let stays = listeners.values().any(|other| other.person == person);
        if listeners.is_empty() {
            registry.signals.remove(&conversation);
        }
        stays
    }

    pub(super) fn signal(&self, conversation: ConversationId, person: PersonId, kind: SignalKind) {
        let registry = self.registry();
        let listeners = registry.signals.get(&conversation).into_iter();
        for listener in listeners.flat_map(HashMap::values) {
            listener.signals.put(person, kind);
        }
    }

    pub(super) fn close(&self) {
        self.started.send_if_modified(|start| {
            let pending = *start == Start::Pending;
            if pending {
                *start = Start::Failed;
            }
            pending
        });
        let mut registry = self.registry();
        registry.closed = true;
        for mailbox in registry.mailboxes.values().flat_map(HashMap::values) {
            mailbox.close();
        }
    }
}

impl Registry {
    pub(super) fn key(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn end_sessions(&self, event: &Event) {
        for watched in self.sessions.values() {
            let same_session = event
                .what
                .session
                .is_none_or(|session| session == watched.session);
            if event.what.subject == Some(watched.person) && same_session {
                watched.ended.cancel();
            }
        }
    }
}

#[cfg(test)]
mod tests;
