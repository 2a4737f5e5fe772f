//! Events as they were rendered: once for all subscribers who select the same and see the same.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use entity::{MessageId, OrganizationId, PersonKind};
use metrics::counter;
use serde_json::value::RawValue;

use crate::domain::event_log::Position;

/// The most bytes of renderings that a node keeps. They are needed only while an event is being handed out.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// How long a rendering is kept.
const MAX_AGE: Duration = Duration::from_secs(10);

/// The most renderings that a node keeps.
const MAX_COUNT: usize = 4096;

/// What makes two subscribers be told of an event in the same words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RenderingKey {
    /// Whose event it is.
    pub organization: OrganizationId,
    /// Which event it is.
    pub position: Position,
    /// What it is about: a log that went back to an earlier state gives positions out anew.
    pub message: MessageId,
    /// What is selected, as a hash of all that the answer depends on.
    pub selection: [u8; 32],
    /// Of which side the subscriber is: messages have other numbers for patients.
    pub side: PersonKind,
    /// How many messages of the conversation they have not seen.
    pub unread: i64,
    /// A hash of what may have changed since the event: the names that are told.
    pub names: u64,
}

/// The newest renderings of a node, bounded in number and bytes.
#[derive(Debug, Default)]
pub struct Renderings {
    kept: Mutex<Kept>,
    /// How often a rendering was given to somebody else than it was made for.
    shared: AtomicU64,
}

#[derive(Debug, Default)]
struct Kept {
    by_key: HashMap<RenderingKey, Arc<RawValue>>,
    oldest_first: VecDeque<(Instant, RenderingKey)>,
    bytes: usize,
}

impl Renderings {
    /// What was rendered before, if it is still there.
    #[must_use]
    pub fn get(&self, key: &RenderingKey) -> Option<Arc<RawValue>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let rendered = kept.by_key.get(key).cloned();
        drop(kept);
        if rendered.is_some() {
            self.shared.fetch_add(1, Ordering::Relaxed);
        }
        rendered
    }

    /// How many deliveries took a rendering that was made for somebody else, since the node started.
    #[must_use]
    pub fn shared(&self) -> u64 {
        self.shared.load(Ordering::Relaxed)
    }

    /// Keeps a rendering in place of the oldest ones.
    pub fn keep(&self, key: RenderingKey, rendered: Arc<RawValue>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = rendered.get().len();
        // Two who come at once render the same, and the first is kept.
        if bytes > MAX_BYTES || kept.by_key.contains_key(&key) {
            return;
        }
        kept.bytes += bytes;
        kept.by_key.insert(key, rendered);
        kept.oldest_first.push_back((Instant::now(), key));
        while kept.bytes > MAX_BYTES || kept.by_key.len() > MAX_COUNT {
            kept.drop_oldest();
        }
    }

    /// Drops what is old: an event is handed out within seconds, and who comes back later is rendered for anew.
    pub(super) fn age(&self) {
        counter!("tidings_renderings_shared_total").absolute(self.shared());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while kept
            .oldest_first
            .front()
            .is_some_and(|(since, _)| since.elapsed() > MAX_AGE)
        {
            kept.drop_oldest();
        }
    }
}

impl Kept {
    fn drop_oldest(&mut self) {
        let oldest = self.oldest_first.pop_front();
        if let Some(gone) = oldest.and_then(|(_, key)| self.by_key.remove(&key)) {
            self.bytes -= gone.get().len();
        }
    }
}

/// Where a subscription leaves a rendering for the transport, beside a result that says nothing. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Outlet(Arc<Mutex<Option<Arc<RawValue>>>>);

impl Outlet {
    /// Leaves the `data` of the next result.
    pub fn put(&self, rendered: Arc<RawValue>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(rendered);
    }

    /// Takes what was left.
    #[must_use]
    pub fn take(&self) -> Option<Arc<RawValue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn key(position: i64) -> RenderingKey {
        RenderingKey {
            organization: OrganizationId(Uuid::nil()),
            position: Position(position),
            message: MessageId(Uuid::nil()),
            selection: [0; 32],
            side: PersonKind::Staff,
            unread: 1,
            names: 0,
        }
    }

    fn rendered(bytes: usize) -> Arc<RawValue> {
        Arc::from(serde_json::value::to_raw_value(&"x".repeat(bytes - 2)).unwrap())
    }

    #[test]
    fn only_the_newest_are_kept() {
        let renderings = Renderings::default();
        for position in 0..10 {
            renderings.keep(key(position), rendered(MAX_BYTES / 4));
        }
        assert!(renderings.get(&key(5)).is_none());
        assert!((6..10).all(|position| renderings.get(&key(position)).is_some()));
        for position in 10..10 + MAX_COUNT as i64 {
            renderings.keep(key(position), rendered(10));
        }
        assert!(renderings.get(&key(9)).is_none());
        assert!(renderings.get(&key(10)).is_some());
        assert_eq!(renderings.kept.lock().unwrap().bytes, MAX_COUNT * 10);
    }

    #[test]
    fn what_differs_in_anything_is_another_rendering() {
        let renderings = Renderings::default();
        renderings.keep(key(1), rendered(10));
        for other in [
            key(2),
            RenderingKey {
                unread: 2,
                ..key(1)
            },
            RenderingKey {
                side: PersonKind::Patient,
                ..key(1)
            },
            RenderingKey {
                selection: [1; 32],
                ..key(1)
            },
            RenderingKey {
                organization: OrganizationId(Uuid::max()),
                ..key(1)
            },
        ] {
            assert!(renderings.get(&other).is_none());
        }
    }
}
