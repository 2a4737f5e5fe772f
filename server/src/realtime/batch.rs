//! Events that were read together, with content that is loaded once for all subscribers of the node.
//!
//! What messages say does not change and is kept with their events. How conversations stand does change, and is read anew
//! for those who come back; see [`super::standing`].

use std::{collections::HashMap, sync::Arc};

use entity::{ConversationId, MessageId, PatientId, PersonId, conversation, patient};
use tokio::sync::OnceCell;

use super::standing::{Moment, Standing};
use crate::domain::{
    conversations::{Unread, unread_of},
    core::Core,
    event_log::{Event, Position},
    fault::Fault,
    messages::{self, MessageView},
};

/// An event with access to its content.
pub struct Occurrence {
    /// The event.
    pub event: Arc<Event>,
    texts: Arc<Texts>,
    moment: Moment,
}

/// An event with what does not change about it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) event: Arc<Event>,
    texts: Arc<Texts>,
}

/// The messages of events that were read together, with their authors.
struct Texts {
    ids: Vec<MessageId>,
    read: OnceCell<HashMap<MessageId, Arc<MessageView>>>,
}

/// The content of an event: its message, and how its conversation stood when it was loaded.
pub struct Content {
    texts: Arc<Texts>,
    standing: Arc<Standing>,
}

impl Occurrence {
    /// Ties events that were read together and are to be handed out.
    pub(super) fn page(events: Vec<Event>) -> Vec<Arc<Self>> {
        let conversations = events.iter().filter_map(|event| event.what.conversation);
        let moment = Moment::first(conversations.collect());
        Entry::page(events)
            .iter()
            .map(|entry| Arc::new(entry.at(&moment)))
            .collect()
    }

    /// What of it can be kept.
    pub(super) fn entry(&self) -> Entry {
        Entry {
            event: Arc::clone(&self.event),
            texts: Arc::clone(&self.texts),
        }
    }

    /// The same event, with content that is not older than another one.
    pub(super) fn since(&self, event: Position) -> Self {
        self.entry().at(&self.moment.since(event))
    }

    /// The content, which the first who asks loads for all: three statements for a page of events.
    ///
    /// # Errors
    /// Any failure of the database.
    pub async fn content(&self, core: &Core) -> Result<Content, Fault> {
        let event = &self.event;
        self.texts.load(core, event).await?;
        let standing = self
            .moment
            .standing(core, event.organization, event.what.conversation);
        Ok(Content {
            texts: Arc::clone(&self.texts),
            standing: standing.await?,
        })
    }
}

impl Entry {
    /// Ties events that were read together.
    pub(super) fn page(events: Vec<Event>) -> Vec<Self> {
        let texts = Arc::new(Texts {
            ids: events.iter().filter_map(|e| e.what.message).collect(),
            read: OnceCell::new(),
        });
        let entry = |event| Self {
            event: Arc::new(event),
            texts: Arc::clone(&texts),
        };
        events.into_iter().map(entry).collect()
    }

    /// Loads the messages of those that were read together. One statement.
    pub(super) async fn load(&self, core: &Core) -> Result<(), Fault> {
        self.texts.load(core, &self.event).await
    }

    /// The event for somebody who asks for its content at a moment.
    pub(super) fn at(&self, moment: &Moment) -> Occurrence {
        Occurrence {
            event: Arc::clone(&self.event),
            texts: Arc::clone(&self.texts),
            moment: moment.clone(),
        }
    }

    /// About how much memory it takes, with its message as far as that was loaded.
    pub(super) fn bytes(&self) -> usize {
        let what = &self.event.what;
        let audience = size_of_val(what.audience.0.as_slice());
        let message = what.message.and_then(|id| self.texts.get(id));
        size_of::<Self>() + size_of::<Event>() + audience + message.map_or(0, |view| size(view))
    }
}

fn size(view: &MessageView) -> usize {
    let message = &view.message;
    let title = message.title.as_ref().map_or(0, |t| t.reveal().len());
    let html = message.html.as_ref().map_or(0, |h| h.reveal().len());
    size_of::<MessageView>()
        + message.body.reveal().len()
        + title
        + html
        + message.idempotency_key.len()
}

impl Texts {
    async fn load(&self, core: &Core, event: &Event) -> Result<(), Fault> {
        let read = || async {
            let connection = core.store.reader();
            let views = messages::by_ids(connection, event.organization, &self.ids).await?;
            let by_id = views
                .into_iter()
                .map(|view| (view.message.id, Arc::new(view)));
            Ok(by_id.collect())
        };
        self.read.get_or_try_init(read).await.map(|_| ())
    }

    fn get(&self, id: MessageId) -> Option<&Arc<MessageView>> {
        self.read.get()?.get(&id)
    }
}

impl Content {
    /// A message with its author; none when it is gone.
    #[must_use]
    pub fn message(&self, id: MessageId) -> Option<&Arc<MessageView>> {
        self.texts.get(id)
    }

    /// A conversation.
    #[must_use]
    pub fn conversation(&self, id: ConversationId) -> Option<&conversation::Model> {
        self.standing.conversations.get(&id)
    }

    /// A patient.
    #[must_use]
    pub fn patient(&self, id: PatientId) -> Option<&Arc<patient::Model>> {
        self.standing.patients.get(&id)
    }

    /// What a person has not seen of a conversation.
    #[must_use]
    pub fn unread(&self, id: ConversationId, person: PersonId) -> Unread {
        let Some(conversation) = self.conversation(id) else {
            return Unread::default();
        };
        let cursor = self.standing.cursors.get(&(id, person.uuid()));
        unread_of(
            person.kind(),
            conversation.seq,
            conversation.visible_seq,
            cursor,
        )
    }
}
