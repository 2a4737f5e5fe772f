//! Sends that come together share a transaction.
//!
//! Each organization has at most one carrier at a time on a node. While it is out with a batch, new letters gather; it
//! takes them along on the next round. So the log's lock and the disk's flush are paid once for many messages, one message
//! alone never waits, and messages of one organization are stored in the order in which they came.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use entity::{OrganizationId, PersonId};
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

use super::{Draft, SendError, Sent, write::write_batch};
use crate::domain::{core::Core, fault::Fault};

/// The most messages that share a transaction.
pub(super) const MAX_BATCH: usize = 32;
/// The most messages of one organization that wait on a node; the next one is refused.
pub(super) const MAX_WAITING: usize = 4096;
/// The most messages of one author that wait on a node, so that nobody fills their organization's places alone.
pub(super) const MAX_WAITING_OF_AUTHOR: usize = 64;

/// The most bytes of one organization's messages that wait on a node: long ones come to that before they are many.
const MAX_WAITING_BYTES: usize = 16 * 1024 * 1024;

pub(super) struct Letter {
    pub(super) author: PersonId,
    pub(super) draft: Draft,
}

struct Waiting {
    letter: Letter,
    answer: oneshot::Sender<Result<Sent, SendError>>,
}

/// The letters of one organization that wait, with how long they are and how many of them are each author's.
#[derive(Default)]
struct Queue {
    letters: VecDeque<Waiting>,
    bytes: usize,
    of_author: HashMap<PersonId, usize>,
}

impl Queue {
    fn push(&mut self, waiting: Waiting) -> Result<(), SendError> {
        let author = waiting.letter.author;
        let of_author = self.of_author.get(&author).copied().unwrap_or(0);
        let bytes = self.bytes + waiting.letter.draft.bytes();
        if self.letters.len() >= MAX_WAITING
            || of_author >= MAX_WAITING_OF_AUTHOR
            || bytes > MAX_WAITING_BYTES
        {
            return Err(SendError::Overloaded);
        }
        self.bytes = bytes;
        self.of_author.insert(author, of_author + 1);
        self.letters.push_back(waiting);
        Ok(())
    }

    fn take(&mut self) -> Vec<Waiting> {
        let count = self.letters.len().min(MAX_BATCH);
        let batch: Vec<_> = self.letters.drain(..count).collect();
        for Waiting { letter, .. } in &batch {
            self.bytes -= letter.draft.bytes();
            if let Some(count) = self.of_author.get_mut(&letter.author) {
                *count -= 1;
                if *count == 0 {
                    self.of_author.remove(&letter.author);
                }
            }
        }
        batch
    }
}

/// The queues of letters that wait for a carrier. An organization has a queue exactly while its carrier is out.
#[derive(Clone, Default)]
pub struct PostOffice {
    queues: Arc<Mutex<HashMap<OrganizationId, Queue>>>,
    carriers: TaskTracker,
}

impl PostOffice {
    pub(super) async fn post(
        &self,
        core: &Core,
        organization: OrganizationId,
        author: PersonId,
        draft: Draft,
    ) -> Result<Sent, SendError> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            letter: Letter { author, draft },
            answer,
        };
        if self.queue(organization, waiting)? {
            // The carrier is a task of its own, so that a client that hangs up does not take others' letters along.
            self.carriers
                .spawn(carry(self.clone(), core.clone(), organization));
        }
        answered
            .await
            .unwrap_or_else(|_| Err(Arc::new(Fault::Stopping).into()))
    }

    /// Waits until every letter is stored and answered. Called when no more requests come in.
    pub async fn close(&self) {
        self.carriers.close();
        self.carriers.wait().await;
    }

    /// Queues a letter and tells whether a carrier must be sent out.
    fn queue(&self, organization: OrganizationId, waiting: Waiting) -> Result<bool, SendError> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = !queues.contains_key(&organization);
        queues.entry(organization).or_default().push(waiting)?;
        Ok(idle)
    }

    /// The next letters; ends the queue when there are none.
    fn take(&self, organization: OrganizationId) -> Vec<Waiting> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queues.get_mut(&organization) else {
            return Vec::new();
        };
        let batch = queue.take();
        if batch.is_empty() {
            queues.remove(&organization);
        }
        batch
    }
}

async fn carry(office: PostOffice, core: Core, organization: OrganizationId) {
    let mut round = Round {
        office,
        organization,
        ended: false,
    };
    loop {
        let batch = round.office.take(organization);
        if batch.is_empty() {
            round.ended = true;
            return;
        }
        deliver(&core, organization, batch).await;
    }
}

/// Ends the queue when a carrier falls: whoever waits is told, and the next letter sends out a new one.
struct Round {
    office: PostOffice,
    organization: OrganizationId,
    ended: bool,
}

impl Drop for Round {
    fn drop(&mut self) {
        if !self.ended {
            self.office
                .queues
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&self.organization);
        }
    }
}

async fn deliver(core: &Core, organization: OrganizationId, batch: Vec<Waiting>) {
    let (letters, answers): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .map(|waiting| (waiting.letter, waiting.answer))
        .unzip();
    let outcomes = match write_batch(core, organization, &letters).await {
        Ok(outcomes) => outcomes,
        Err(fault) if fault.is_passing() => all_failed(letters.len(), fault),
        // Another node stored the same idempotency key at the same moment, or one letter is poison: each goes alone.
        Err(_) => one_by_one(core, organization, &letters).await,
    };
    for (answer, outcome) in answers.into_iter().zip(outcomes) {
        // Whoever hung up finds the message by its idempotency key.
        let _ = answer.send(outcome);
    }
}

async fn one_by_one(
    core: &Core,
    organization: OrganizationId,
    letters: &[Letter],
) -> Vec<Result<Sent, SendError>> {
    let mut outcomes = Vec::with_capacity(letters.len());
    for letter in letters {
        let outcome = match write_batch(core, organization, std::slice::from_ref(letter)).await {
            Ok(mut outcomes) => outcomes
                .pop()
                .unwrap_or_else(|| Err(Arc::new(Fault::Corrupt("outcome")).into())),
            Err(fault) => Err(Arc::new(fault).into()),
        };
        outcomes.push(outcome);
    }
    outcomes
}

fn all_failed(count: usize, fault: Fault) -> Vec<Result<Sent, SendError>> {
    let fault = Arc::new(fault);
    (0..count).map(|_| Err(Arc::clone(&fault).into())).collect()
}

#[cfg(test)]
mod tests {
    use entity::{ConversationId, MessageKind, StaffId};
    use uuid::Uuid;

    use super::*;

    fn letter(author: u128) -> Waiting {
        letter_of(author, "x")
    }

    fn letter_of(author: u128, body: &str) -> Waiting {
        let draft = Draft::new(
            ConversationId(Uuid::nil()),
            MessageKind::Message,
            body.to_owned(),
            "k".to_owned(),
        );
        Waiting {
            letter: Letter {
                author: PersonId::Staff(StaffId(Uuid::from_u128(author))),
                draft: draft.unwrap(),
            },
            answer: oneshot::channel().0,
        }
    }

    #[test]
    fn one_author_does_not_take_all_places() {
        let mut queue = Queue::default();
        for _ in 0..MAX_WAITING_OF_AUTHOR {
            queue.push(letter(1)).unwrap();
        }
        assert!(matches!(queue.push(letter(1)), Err(SendError::Overloaded)));
        queue.push(letter(2)).unwrap();
        assert_eq!(queue.take().len(), MAX_BATCH);
        for _ in 0..MAX_BATCH {
            queue.push(letter(1)).unwrap();
        }
        assert!(matches!(queue.push(letter(1)), Err(SendError::Overloaded)));
        while !queue.take().is_empty() {}
        assert!(queue.of_author.is_empty());
    }

    #[test]
    fn long_letters_take_the_places_of_many() {
        let body = "x".repeat(20_000);
        let mut queue = Queue::default();
        let taken = (0..MAX_WAITING as u128)
            .take_while(|author| queue.push(letter_of(*author, &body)).is_ok())
            .count();
        assert!(taken < MAX_WAITING && queue.bytes <= MAX_WAITING_BYTES);
        assert!(queue.bytes > MAX_WAITING_BYTES - 2 * body.len());
        while !queue.take().is_empty() {}
        assert_eq!(queue.bytes, 0);
    }

    #[test]
    fn an_organization_has_so_many_places() {
        let mut queue = Queue::default();
        for number in 0..MAX_WAITING {
            queue.push(letter(number as u128)).unwrap();
        }
        assert!(matches!(
            queue.push(letter(u128::MAX)),
            Err(SendError::Overloaded)
        ));
    }
}
