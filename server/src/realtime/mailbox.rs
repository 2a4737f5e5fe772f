//! A subscriber's bounded queue.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Notify;

use super::Occurrence;

/// The most events that wait for a subscriber. When one more comes, the queue is dropped and the subscriber reads the
/// log instead.
pub(super) const CAPACITY: usize = 128;

#[derive(Default)]
pub(super) struct Mailbox {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Arc<Occurrence>>,
    overflowed: bool,
    closed: bool,
}

/// What a mailbox holds.
pub(super) enum Taken {
    /// The next event.
    Occurrence(Arc<Occurrence>),
    /// Events were dropped since the last one.
    Overflowed,
    /// The node stops.
    Closed,
    /// Nothing now.
    Empty,
}

impl Mailbox {
    pub(super) fn put(&self, occurrence: &Arc<Occurrence>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.overflowed {
            return;
        }
        if state.waiting.len() >= CAPACITY {
            state.overflowed = true;
            state.waiting = VecDeque::new();
        } else {
            state.waiting.push_back(Arc::clone(occurrence));
        }
        drop(state);
        self.arrived.notify_one();
    }

    /// Drops what waits, so that the subscriber reads the log instead.
    pub(super) fn overflow(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.overflowed = true;
        state.waiting = VecDeque::new();
        drop(state);
        self.arrived.notify_one();
    }

    pub(super) fn close(&self) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .closed = true;
        self.arrived.notify_one();
    }

    pub(super) fn take(&self) -> Taken {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Taken::Closed;
        }
        if std::mem::take(&mut state.overflowed) {
            return Taken::Overflowed;
        }
        state
            .waiting
            .pop_front()
            .map_or(Taken::Empty, Taken::Occurrence)
    }

    /// Returns when something may have arrived since the last [`Self::take`].
    pub(super) async fn arrived(&self) {
        self.arrived.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use entity::{EventKind, OrganizationId};
    use uuid::Uuid;

    use super::*;
    use crate::domain::event_log::{Event, NewEvent, Position};

    fn occurrence(position: i64) -> Arc<Occurrence> {
        let event = Event {
            organization: OrganizationId(Uuid::nil()),
            position: Position(position),
            at: chrono::DateTime::UNIX_EPOCH,
            what: NewEvent::new(EventKind::SettingsChanged),
        };
        Occurrence::page(vec![event]).remove(0)
    }

    #[test]
    fn a_full_mailbox_says_so_once_and_holds_nothing() {
        let mailbox = Mailbox::default();
        for position in 0..=CAPACITY as i64 + 5 {
            mailbox.put(&occurrence(position));
        }
        assert!(matches!(mailbox.take(), Taken::Overflowed));
        assert!(matches!(mailbox.take(), Taken::Empty));
        mailbox.put(&occurrence(500));
        assert!(
            matches!(mailbox.take(), Taken::Occurrence(o) if o.event.position == Position(500))
        );
    }
}
