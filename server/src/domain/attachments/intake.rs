//! How many files a node takes in at the same time, whichever way they come, and what becomes of those whose client is gone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use entity::{OrganizationId, PersonId};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::domain::{fault::Fault, viewer::Viewer};

/// How many files a node takes in at once; each keeps a segment in memory.
const MOST_AT_ONCE: usize = 32;
/// How many of them may be of one organization.
const OF_ORGANIZATION: usize = MOST_AT_ONCE / 2;
/// How many of them may be of one person.
const OF_PERSON: usize = 4;

/// The files that a node takes in. Clones share everything.
#[derive(Clone, Debug)]
pub struct Intake {
    taken: Arc<Mutex<Taken>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Whose files are taken in now: never more people than there are places.
#[derive(Debug, Default)]
struct Taken(HashMap<OrganizationId, HashMap<PersonId, usize>>);

impl Taken {
    fn take(&mut self, organization: OrganizationId, person: PersonId) -> bool {
        let of_all: usize = self.0.values().flat_map(HashMap::values).sum();
        let people = self.0.get(&organization);
        let of_organization: usize = people.into_iter().flat_map(HashMap::values).sum();
        let of_person = people.and_then(|people| people.get(&person)).copied();
        if of_all >= MOST_AT_ONCE
            || of_organization >= OF_ORGANIZATION
            || of_person.is_some_and(|count| count >= OF_PERSON)
        {
            return false;
        }
        let people = self.0.entry(organization).or_default();
        *people.entry(person).or_default() += 1;
        true
    }

    fn give_back(&mut self, organization: OrganizationId, person: PersonId) {
        let Some(people) = self.0.get_mut(&organization) else {
            return;
        };
        if let Some(count) = people.get_mut(&person) {
            *count = count.saturating_sub(1);
        }
        people.retain(|_, count| *count > 0);
        if people.is_empty() {
            self.0.remove(&organization);
        }
    }
}

/// A place for one file that is taken in; given back when it is dropped.
#[derive(Debug)]
pub struct IntakePlace {
    taken: Arc<Mutex<Taken>>,
    organization: OrganizationId,
    person: PersonId,
}

impl Drop for IntakePlace {
    fn drop(&mut self) {
        locked(&self.taken).give_back(self.organization, self.person);
    }
}

fn locked(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            taken: Arc::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }
}

impl Intake {
    /// A place for a file of somebody; none when too many arrive, too many of their clinic, or too many of their own. Nobody can
    /// take the places of the others.
    #[must_use]
    pub fn place(&self, viewer: &Viewer) -> Option<IntakePlace> {
        self.place_of(viewer.organization(), viewer.person())
    }

    fn place_of(&self, organization: OrganizationId, person: PersonId) -> Option<IntakePlace> {
        let taken = locked(&self.taken).take(organization, person);
        taken.then(|| IntakePlace {
            taken: Arc::clone(&self.taken),
            organization,
            person,
        })
    }

    /// Cancelled when the server stops.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Takes a file in, in a task of its own: it ends in order even when the client is gone, and with it whoever waits here.
    ///
    /// # Errors
    /// [`Fault::Stopping`] when the task was ended.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.tasks.spawn(work).await.map_err(|_| Fault::Stopping)
    }

    /// Stops taking bytes, and waits until what came is stored.
    pub async fn drain(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use entity::PatientId;
    use uuid::Uuid;

    use super::*;

    fn place(intake: &Intake, organization: u128, person: u128) -> Option<IntakePlace> {
        let person = PersonId::Patient(PatientId(Uuid::from_u128(person)));
        intake.place_of(OrganizationId(Uuid::from_u128(organization)), person)
    }

    #[test]
    fn everybody_has_a_share() {
        let intake = Intake::default();
        let mut places = Vec::new();
        for organization in 1..=2 {
            for person in 0..4 {
                places.extend((0..9).map_while(|_| place(&intake, organization, person)));
                assert_eq!(
                    places.len() as u128,
                    (organization - 1) * 16 + person * 4 + 4
                );
            }
            assert!(
                place(&intake, organization, 9).is_none(),
                "half of the places are one organization's"
            );
        }
        assert!(place(&intake, 3, 9).is_none(), "there are no more");
        places.remove(0);
        let free = place(&intake, 3, 9);
        assert!(
            free.is_some(),
            "whoever comes first has what was given back"
        );
        drop((free, places));
        assert!(locked(&intake.taken).0.is_empty());
    }
}
