//! Events that were read together, with content that is loaded once for all subscribers of the node.
//!
//! What messages say does not change and is kept with their events. How conversations stand does change, and is read anew
//! for those who come back; see [`super::standing`].

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, OnceLock, Weak},
};

use entity::{
    ConversationId, MessageId, OrganizationId, PatientId, PersonId, conversation, patient,
};
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
    text: Text,
    moment: Moment,
}

/// An event with what does not change about it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) event: Arc<Event>,
    text: Text,
}

/// The message of an event, once it is loaded, with its author.
type Place = OnceLock<Arc<MessageView>>;

/// An event's message. Whoever is slow holds on to the messages of the events that wait for them, and not to all that were
/// read together.
#[derive(Clone)]
struct Text {
    place: Option<Arc<Place>>,
    page: Arc<Page>,
}

/// The places of the messages of events that were read together, to be filled together.
struct Page {
    places: Vec<(MessageId, Weak<Place>)>,
    filled: OnceCell<()>,
}

/// The content of an event: its message, and how its conversation stood when it was loaded.
pub struct Content {
    message: Option<Arc<MessageView>>,
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
            text: self.text.clone(),
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
        if self.text.place.is_some() {
            self.text.load(core, event.organization).await?;
        }
        let standing = self
            .moment
            .standing(core, event.organization, event.what.conversation);
        Ok(Content {
            message: self.text.get().cloned(),
            standing: standing.await?,
        })
    }
}

impl Entry {
    /// Ties events that were read together.
    pub(super) fn page(events: Vec<Event>) -> Vec<Self> {
        let place = |event: &Event| event.what.message.map(|id| (id, Arc::default()));
        let places: Vec<Option<(MessageId, Arc<Place>)>> = events.iter().map(place).collect();
        let weak = |(id, place): &(_, _)| (*id, Arc::downgrade(place));
        let page = Arc::new(Page {
            places: places.iter().flatten().map(weak).collect(),
            filled: OnceCell::new(),
        });
        let entry = |(event, place): (_, Option<_>)| Self {
            event: Arc::new(event),
            text: Text {
                place: place.map(|(_, place)| place),
                page: Arc::clone(&page),
            },
        };
        events.into_iter().zip(places).map(entry).collect()
    }

    /// Loads the messages of those that were read together. One statement.
    pub(super) async fn load(&self, core: &Core) -> Result<(), Fault> {
        self.text.load(core, self.event.organization).await
    }

    /// The event for somebody who asks for its content at a moment.
    pub(super) fn at(&self, moment: &Moment) -> Occurrence {
        Occurrence {
            event: Arc::clone(&self.event),
            text: self.text.clone(),
            moment: moment.clone(),
        }
    }

    /// About how much memory it takes, with its message as far as that was loaded.
    pub(super) fn bytes(&self) -> usize {
        let audience = size_of_val(self.event.what.audience.0.as_slice());
        let message = self.text.get().map_or(0, |view| size(view));
        size_of::<Self>() + size_of::<Event>() + audience + message
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

impl Text {
    /// Fills the places of the page that anybody still holds on to; this one is among them. One statement.
    async fn load(&self, core: &Core, organization: OrganizationId) -> Result<(), Fault> {
        let fill = || async {
            let held = |(id, place): &(MessageId, Weak<Place>)| Some((*id, place.upgrade()?));
            let held: Vec<_> = self.page.places.iter().filter_map(held).collect();
            let ids: BTreeSet<_> = held.iter().map(|(id, _)| *id).collect();
            let ids: Vec<_> = ids.into_iter().collect();
            let views = messages::by_ids(core.store.reader(), organization, &ids).await?;
            let views = views.into_iter().map(Arc::new);
            let by_id: HashMap<_, _> = views.map(|view| (view.message.id, view)).collect();
            for (id, place) in held {
                if let Some(view) = by_id.get(&id) {
                    place.get_or_init(|| Arc::clone(view));
                }
            }
            Ok(())
        };
        self.page.filled.get_or_try_init(fill).await.map(|_| ())
    }

    fn get(&self) -> Option<&Arc<MessageView>> {
        self.place.as_ref()?.get()
    }
}

impl Content {
    /// The event's message with its author; none when it has none, or it is gone.
    #[must_use]
    pub fn message(&self) -> Option<&Arc<MessageView>> {
        self.message.as_ref()
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
