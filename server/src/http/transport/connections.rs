//! How many live connections each person, or each source without one, has.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    credentials::PersonKey,
    limits::{Exceeded, Limit, Limits},
};
use crate::domain::source::Source;

/// Whom a connection is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    Person(PersonKey),
    Source(Source),
    /// A WebSocket of which it is not known yet whose it is.
    Opening(Source),
}

impl Holder {
    pub(super) fn new(person: Option<PersonKey>, source: Source) -> Self {
        person.map_or(Self::Source(source), Self::Person)
    }

    fn limit(self) -> Limit {
        match self {
            Self::Person(_) => Limit::ConnectionsPerPerson,
            Self::Source(_) => Limit::AnonymousConnectionsPerSource,
            Self::Opening(_) => Limit::OpeningConnectionsPerSource,
        }
    }
}

/// The counts of this server.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<HashMap<Holder, usize>>);

impl Connections {
    /// Counts one more connection, unless its holder has as many as allowed.
    pub(super) fn admit(
        self: &Arc<Self>,
        holder: Holder,
        limits: &Limits,
    ) -> Result<Seat, Exceeded> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = counts.get(&holder).copied().unwrap_or(0);
        limits.check(holder.limit(), taken + 1)?;
        counts.insert(holder, taken + 1);
        Ok(Seat {
            connections: Arc::clone(self),
            holder,
        })
    }

    fn leave(&self, holder: Holder) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&holder) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&holder);
            }
        }
    }
}

/// One counted connection; dropping it frees its place.
#[derive(Debug)]
pub(super) struct Seat {
    connections: Arc<Connections>,
    holder: Holder,
}

impl Seat {
    /// Counts the connection for another holder from now on, unless that one has as many as allowed.
    pub(super) fn reassign(&mut self, holder: Holder, limits: &Limits) -> Result<(), Exceeded> {
        let seat = self.connections.admit(holder, limits)?;
        *self = seat;
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connections.leave(self.holder);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[test]
    fn a_person_gets_the_allowed_places_and_each_back() {
        let limits = Limits {
            connections_per_person: 2,
            ..Limits::default()
        };
        let connections = Arc::new(Connections::default());
        let one = Holder::Person(PersonKey(1));
        let first = connections.admit(one, &limits).unwrap();
        let _second = connections.admit(one, &limits).unwrap();
        let refused = connections.admit(one, &limits).unwrap_err();
        assert_eq!(
            (refused.limit, refused.max),
            (Limit::ConnectionsPerPerson, 2)
        );

        let other = Holder::new(None, IpAddr::from(Ipv4Addr::LOCALHOST).into());
        drop(connections.admit(other, &limits).unwrap());
        drop(first);
        assert!(connections.admit(one, &limits).is_ok());
        assert_eq!(connections.0.lock().unwrap().len(), 1);
    }
}
