//! How many connections there are, in all and from each source.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use super::Bounds;
use crate::domain::source::Source;

/// Why there is no place for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// All places are taken.
    Everywhere,
    /// The places of its source are taken.
    ForSource,
}

impl Full {
    /// The name of the limit, for metrics.
    pub(super) const fn limit(self) -> &'static str {
        match self {
            Self::Everywhere => "connections",
            Self::ForSource => "connections_per_source",
        }
    }
}

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    of_source: HashMap<Source, usize>,
}

/// The places of one server. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Places {
    bounds: Bounds,
    taken: Arc<Mutex<Taken>>,
}

impl Places {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            taken: Arc::default(),
        }
    }

    /// Takes a place for a connection. A trusted proxy comes for many clients, so it only needs one in all.
    pub(super) fn take(&self, peer: IpAddr) -> Result<Place, Full> {
        let peer = peer.to_canonical();
        let is_proxy = self
            .bounds
            .trusted_proxies
            .iter()
            .any(|n| n.contains(&peer));
        let source = (!is_proxy).then(|| Source::from(peer));
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.in_all >= self.bounds.connections {
            return Err(Full::Everywhere);
        }
        if let Some(source) = source {
            let of_source = taken.of_source.get(&source).copied().unwrap_or(0);
            if of_source >= self.bounds.connections_per_source {
                return Err(Full::ForSource);
            }
            taken.of_source.insert(source, of_source + 1);
        }
        taken.in_all += 1;
        drop(taken);
        Ok(Place {
            taken: Arc::clone(&self.taken),
            source,
        })
    }
}

/// The place of one connection; dropping it frees it.
#[derive(Debug)]
pub(super) struct Place {
    taken: Arc<Mutex<Taken>>,
    source: Option<Source>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.in_all -= 1;
        let Some(source) = self.source else { return };
        if let Some(count) = taken.of_source.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                taken.of_source.remove(&source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_source_has_its_places_and_all_have_theirs() {
        let places = Places::new(Bounds {
            connections: 4,
            connections_per_source: 2,
            trusted_proxies: ["10.0.0.0/8".parse().unwrap()].into(),
            stall: Duration::from_secs(1),
        });
        let from = |address: &str| places.take(address.parse().unwrap());
        let first = from("192.0.2.1").unwrap();
        let _second = from("::ffff:192.0.2.1").unwrap();
        assert_eq!(from("192.0.2.1").unwrap_err(), Full::ForSource);
        drop(first);
        let _first = from("192.0.2.1").unwrap();
        let _proxied = [from("10.0.0.1").unwrap(), from("10.0.0.1").unwrap()];
        assert_eq!(from("192.0.2.2").unwrap_err(), Full::Everywhere);
        assert_eq!(places.taken.lock().unwrap().of_source.len(), 1);
    }
}
