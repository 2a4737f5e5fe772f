//! Events that were read together, with content that is loaded once for all subscribers of the node.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use entity::{ConversationId, MessageId, PatientId, PersonId, conversation, patient, read_cursor};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::domain::{
    conversations::{Unread, unread_of, with_cursors},
    core::Core,
    event_log::Event,
    fault::Fault,
    messages::{self, MessageView},
};

/// An event with access to its content.
pub struct Occurrence {
    /// The event.
    pub event: Event,
    batch: Arc<Batch>,
}

struct Batch {
    messages: Vec<MessageId>,
    conversations: BTreeSet<ConversationId>,
    content: OnceCell<Arc<Content>>,
}

/// The content of a batch of events, as it is when it is loaded.
#[derive(Default)]
pub struct Content {
    messages: HashMap<MessageId, Arc<MessageView>>,
    conversations: HashMap<ConversationId, conversation::Model>,
    patients: HashMap<PatientId, Arc<patient::Model>>,
    cursors: HashMap<(ConversationId, Uuid), read_cursor::Model>,
}

impl Occurrence {
    /// Ties events that were read together.
    pub(super) fn page(events: Vec<Event>) -> Vec<Arc<Self>> {
        let batch = Arc::new(Batch {
            messages: events
                .iter()
                .filter_map(|event| event.what.message)
                .collect(),
            conversations: events
                .iter()
                .filter_map(|event| event.what.conversation)
                .collect(),
            content: OnceCell::new(),
        });
        events
            .into_iter()
            .map(|event| {
                Arc::new(Self {
                    event,
                    batch: Arc::clone(&batch),
                })
            })
            .collect()
    }

    /// About how much memory it takes, with the content of its own as far as that was loaded.
    pub(super) fn bytes(&self) -> usize {
        let what = &self.event.what;
        let audience = size_of_val(what.audience.0.as_slice());
        let content = self.batch.content.get();
        let message = content
            .zip(what.message)
            .and_then(|(content, id)| content.message(id));
        let body = message.map_or(0, |view| view.message.body.reveal().len());
        size_of::<Self>() + audience + body
    }

    /// The content, which the first who asks loads for all: three statements for a page of events.
    ///
    /// # Errors
    /// Any failure of the database.
    pub async fn content(&self, core: &Core) -> Result<Arc<Content>, Fault> {
        let organization = self.event.organization;
        let load = || async move {
            let connection = core.store.reader();
            let batch = &self.batch;
            let messages = messages::by_ids(connection, organization, &batch.messages).await?;
            let ids: Vec<_> = batch.conversations.iter().copied().collect();
            let rows = with_cursors(connection, organization, &ids).await?;
            let patients = patient::Entity::find()
                .filter(patient::Column::OrganizationId.eq(organization))
                .filter(patient::Column::Id.is_in(rows.iter().map(|(c, _)| c.patient_id)))
                .all(connection)
                .await?;
            let (conversations, cursors): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
            Ok::<_, Fault>(Arc::new(Content {
                messages: messages
                    .into_iter()
                    .map(|view| (view.message.id, Arc::new(view)))
                    .collect(),
                conversations: conversations.into_iter().map(|c| (c.id, c)).collect(),
                patients: patients.into_iter().map(|p| (p.id, Arc::new(p))).collect(),
                cursors: cursors
                    .into_iter()
                    .flatten()
                    .map(|c| ((c.conversation_id, c.person_id), c))
                    .collect(),
            }))
        };
        self.batch
            .content
            .get_or_try_init(load)
            .await
            .map(Arc::clone)
    }
}

impl Content {
    /// A message with its author; none when it is gone.
    #[must_use]
    pub fn message(&self, id: MessageId) -> Option<&Arc<MessageView>> {
        self.messages.get(&id)
    }

    /// A conversation.
    #[must_use]
    pub fn conversation(&self, id: ConversationId) -> Option<&conversation::Model> {
        self.conversations.get(&id)
    }

    /// A patient.
    #[must_use]
    pub fn patient(&self, id: PatientId) -> Option<&Arc<patient::Model>> {
        self.patients.get(&id)
    }

    /// How far a person has read a conversation.
    #[must_use]
    pub fn cursor(&self, id: ConversationId, person: PersonId) -> Option<&read_cursor::Model> {
        self.cursors.get(&(id, person.uuid()))
    }

    /// What a person has not seen of a conversation.
    #[must_use]
    pub fn unread(&self, id: ConversationId, person: PersonId) -> Unread {
        let Some(conversation) = self.conversations.get(&id) else {
            return Unread::default();
        };
        let cursor = self.cursors.get(&(id, person.uuid()));
        unread_of(
            person.kind(),
            conversation.seq,
            conversation.visible_seq,
            cursor,
        )
    }
}
