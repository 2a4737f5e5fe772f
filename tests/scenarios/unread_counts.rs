//! Unread counts against a model that counts one by one (CHAT-4).

use entity::{MessageId, MessageKind, PersonId};
use harness::laboratory::Laboratory;
use harness::{canary, on_both_databases};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tidings::domain::conversations::{mark_read, unread_after};
use tidings::domain::messages::{self, Draft};
use tidings::domain::policy;
use tidings::domain::viewer::Viewer;

/// A message as the model remembers it.
struct Written {
    id: MessageId,
    author: PersonId,
    note: bool,
}

/// What each person has seen, as an index into what was written.
struct Model {
    written: Vec<Written>,
    seen: [usize; 3],
}

impl Model {
    fn unread(&self, person: usize, id: PersonId) -> i64 {
        let visible = |message: &&Written| {
            message.author != id && !(message.note && matches!(id, PersonId::Patient(_)))
        };
        self.written[self.seen[person]..]
            .iter()
            .filter(visible)
            .count() as i64
    }
}

async fn write(laboratory: &Laboratory, author: &Viewer, note: bool, number: usize) -> MessageId {
    let kind = if note {
        MessageKind::Note
    } else {
        MessageKind::Message
    };
    let draft = Draft::new(
        laboratory.conversation,
        kind,
        canary::message("hello"),
        format!("key-{number}"),
    )
    .unwrap();
    messages::send(&laboratory.core, author, draft)
        .await
        .unwrap()
        .message
        .id
}

async fn agree(laboratory: &Laboratory, model: &Model, people: [PersonId; 3], step: usize) {
    let conversation = laboratory.conversation;
    let reader = laboratory.core.store.reader();
    let counts = unread_after(reader, laboratory.organization, &[conversation], &people)
        .await
        .unwrap();
    for (number, person) in people.into_iter().enumerate() {
        assert_eq!(
            counts[&(conversation, person)].0,
            model.unread(number, person),
            "step {step}, person {number}"
        );
    }
}

/// Reads up to a message that the person can see; a cursor that is further stays.
async fn read(
    laboratory: &Laboratory,
    reader: &Viewer,
    model: &mut Model,
    who: usize,
    upto: usize,
) {
    let reading = laboratory.core.store.reader();
    let in_view = policy::read_conversation(reading, reader, laboratory.conversation)
        .await
        .unwrap();
    let outcome = mark_read(&laboratory.core, &in_view, model.written[upto].id).await;
    let hidden = model.written[upto].note && matches!(reader, Viewer::Patient(_));
    assert_eq!(
        outcome.is_err(),
        hidden,
        "a patient cannot tell a note from nothing"
    );
    if !hidden {
        model.seen[who] = model.seen[who].max(upto + 1);
    }
}

on_both_databases! {
    /// Two nurses and a patient write, take notes and read in any order: counts are what counting would give.
    async fn counts_are_what_counting_would_give(laboratory: &Laboratory) {
        let [first, second] = laboratory.nurses.map(PersonId::Staff);
        let people = [first, second, PersonId::Patient(laboratory.patient)];
        let mut viewers = Vec::new();
        for person in people {
            viewers.push(laboratory.viewer(person).await);
        }
        let mut random = StdRng::seed_from_u64(7);
        let mut model = Model { written: Vec::new(), seen: [0; 3] };
        for step in 0..150 {
            let who = random.random_range(0..3);
            if model.written.is_empty() || random.random_bool(0.6) {
                let note = who < 2 && random.random_bool(0.3);
                let id = write(laboratory, &viewers[who], note, step).await;
                model.written.push(Written { id, author: people[who], note });
            } else {
                let upto = random.random_range(0..model.written.len());
                read(laboratory, &viewers[who], &mut model, who, upto).await;
            }
            agree(laboratory, &model, people, step).await;
        }
    }
}
