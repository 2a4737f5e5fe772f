//! Loading what the elements of a list ask for together, in one statement.
//!
//! All elements of a list are resolved by one task, one after the other, each until it has to wait. So whoever notes its
//! key and then lets the others go first finds, after a few turns, that all have noted theirs. No timer is involved: what
//! a list costs does not depend on how busy the machine is.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::dataloader::Loader;
use tokio::sync::OnceCell;

/// Gathers keys for a loader.
pub struct Together<L> {
    loader: L,
    /// The round of each type of key that still takes keys.
    open: Mutex<HashMap<TypeId, Box<dyn Any + Send>>>,
}

/// Keys that are loaded at once, and what came of it.
struct Round<K, V, E> {
    keys: Mutex<Vec<K>>,
    loaded: OnceCell<Result<HashMap<K, V>, E>>,
}

/// How many turns pass without a new key before a round is taken to be complete. One would do if all elements always had
/// their turn in one go; what waited for other things comes a turn later.
const QUIET_TURNS: u32 = 12;

impl<K, V, E> Round<K, V, E> {
    /// Lets the others go first until no more keys come.
    async fn filled(&self) {
        let count = || {
            self.keys
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .len()
        };
        let (mut seen, mut quiet) = (count(), 0);
        while quiet < QUIET_TURNS && !self.loaded.initialized() {
            tokio::task::yield_now().await;
            let now = count();
            quiet = if now == seen { quiet + 1 } else { 0 };
            seen = now;
        }
    }
}

type Shared<K, V, E> = Arc<Round<K, V, E>>;

impl<L: Send + Sync + 'static> Together<L> {
    /// Gathers for this loader.
    pub fn new(loader: L) -> Self {
        Self {
            loader,
            open: Mutex::default(),
        }
    }

    /// Loads what a key names, together with what others ask for at the same moment; none when there is nothing.
    ///
    /// # Errors
    /// What the loader answers.
    pub async fn load<K>(&self, key: K) -> Result<Option<L::Value>, L::Error>
    where
        L: Loader<K>,
        K: Send + Sync + Hash + Eq + Clone + 'static,
        L::Error: Sync,
    {
        let round = self.join(key.clone());
        round.filled().await;
        let load = round.loaded.get_or_init(|| async {
            let keys = self.close(&round);
            self.loader.load(&keys).await
        });
        // The runtime would otherwise send some of a long list to wait for its next turn, and their keys with them.
        let loaded = tokio::task::unconstrained(load).await;
        loaded
            .as_ref()
            .map(|values| values.get(&key).cloned())
            .map_err(Clone::clone)
    }

    fn join<K>(&self, key: K) -> Shared<K, L::Value, L::Error>
    where
        L: Loader<K>,
        K: Send + Sync + Hash + Eq + Clone + 'static,
        L::Error: Sync,
    {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let running = open
            .get(&TypeId::of::<K>())
            .and_then(|round| round.downcast_ref::<Shared<K, L::Value, L::Error>>())
            .cloned();
        let round = running.unwrap_or_else(|| {
            let round = Arc::new(Round {
                keys: Mutex::default(),
                loaded: OnceCell::new(),
            });
            open.insert(TypeId::of::<K>(), Box::new(Arc::clone(&round)));
            round
        });
        round
            .keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(key);
        round
    }

    /// Takes no more keys in this round, and gives each of its keys once.
    fn close<K>(&self, round: &Shared<K, L::Value, L::Error>) -> Vec<K>
    where
        L: Loader<K>,
        K: Send + Sync + Hash + Eq + Clone + 'static,
        L::Error: Sync,
    {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let is_this = open
            .get(&TypeId::of::<K>())
            .and_then(|open| open.downcast_ref::<Shared<K, L::Value, L::Error>>())
            .is_some_and(|open| Arc::ptr_eq(open, round));
        if is_this {
            open.remove(&TypeId::of::<K>());
        }
        drop(open);
        let keys = round.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let once: std::collections::HashSet<_> = keys.iter().cloned().collect();
        once.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[derive(Default)]
    struct Doubler {
        loads: AtomicUsize,
    }

    impl Loader<u32> for Doubler {
        type Value = u32;
        type Error = ();

        async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u32>, ()> {
            self.loads.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok(keys
                .iter()
                .filter(|key| **key < 1000)
                .map(|key| (*key, key * 2))
                .collect())
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_list_of_any_length_is_loaded_at_once() {
        let together = Arc::new(Together::new(Doubler::default()));
        let shared = Arc::clone(&together);
        let list =
            tokio::spawn(
                async move { join_all((0..500_u32).map(|key| shared.load(key % 200))).await },
            );
        let values = list.await.unwrap();
        assert_eq!(values[199], Ok(Some(398)));
        assert_eq!(together.loader.loads.load(Ordering::SeqCst), 1);
        assert_eq!(together.load(5).await, Ok(Some(10)));
        assert_eq!(together.load(5000).await, Ok(None));
        assert_eq!(together.loader.loads.load(Ordering::SeqCst), 3);
    }
}
