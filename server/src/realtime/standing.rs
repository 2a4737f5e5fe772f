//! How conversations stand: what nobody may be told late, and so never older than the question.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use entity::{ConversationId, OrganizationId, PatientId, conversation, patient, read_cursor};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::domain::{conversations::with_cursors, core::Core, event_log::Position, fault::Fault};

/// Conversations with everybody's cursors and their patients, all as they were when they were read.
pub(super) struct Standing {
    /// Of which conversations, also of those that are gone.
    of: BTreeSet<ConversationId>,
    pub(super) conversations: HashMap<ConversationId, conversation::Model>,
    pub(super) patients: HashMap<PatientId, Arc<patient::Model>>,
    pub(super) cursors: HashMap<(ConversationId, Uuid), read_cursor::Model>,
}

impl Standing {
    /// Two statements.
    async fn read(
        core: &Core,
        organization: OrganizationId,
        of: BTreeSet<ConversationId>,
    ) -> Result<Self, Fault> {
        let connection = core.store.reader();
        let ids: Vec<_> = of.iter().copied().collect();
        let rows = with_cursors(connection, organization, &ids).await?;
        let patients = patient::Entity::find()
            .filter(patient::Column::OrganizationId.eq(organization))
            .filter(patient::Column::Id.is_in(rows.iter().map(|(c, _)| c.patient_id)))
            .all(connection)
            .await?;
        let (conversations, cursors): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        Ok(Self {
            of,
            conversations: conversations.into_iter().map(|c| (c.id, c)).collect(),
            patients: patients.into_iter().map(|p| (p.id, Arc::new(p))).collect(),
            cursors: cursors
                .into_iter()
                .flatten()
                .map(|c| ((c.conversation_id, c.person_id), c))
                .collect(),
        })
    }

    /// Nearly all of what it takes: names and titles are short.
    fn bytes(&self) -> usize {
        self.of.len() * size_of::<ConversationId>()
            + self.conversations.len() * size_of::<conversation::Model>()
            + self.patients.len() * size_of::<patient::Model>()
            + self.cursors.len() * size_of::<read_cursor::Model>()
    }
}

/// Where those who ask for the same conversations share what is read of them.
#[derive(Default)]
pub(super) struct Desk {
    conversations: Mutex<BTreeSet<ConversationId>>,
    /// The newest event that anybody who asked knew of.
    known: AtomicI64,
    /// The newest reading, and what was known when it began: it holds whatever had changed by then.
    newest: Mutex<Option<(Position, Arc<Standing>)>>,
    /// Held by who reads. A thousand who are answered already do not queue for it.
    reading: tokio::sync::Mutex<()>,
}

/// A question of a moment: only what was begun to be read when the log had reached so far answers it. Whatever changes about
/// how a conversation stands is an event, so that a thousand who come back at once are answered by one reading, and nobody
/// is told what was so before they asked.
#[derive(Clone, Default)]
pub(super) struct Moment {
    desk: Arc<Desk>,
    since: Position,
}

impl Moment {
    /// A question that any reading answers: of events that are only being handed out.
    pub(super) fn first(conversations: BTreeSet<ConversationId>) -> Self {
        let moment = Self::default();
        moment.desk.include(conversations);
        moment
    }

    /// The same question, for somebody who knows of an event.
    pub(super) fn since(&self, event: Position) -> Self {
        self.desk.ask(event.max(self.since))
    }

    /// The answer, which holds the conversation if one is named. Two statements, unless somebody has asked for it already.
    pub(super) async fn standing(
        &self,
        core: &Core,
        organization: OrganizationId,
        conversation: Option<ConversationId>,
    ) -> Result<Arc<Standing>, Fault> {
        if let Some(standing) = self.answer(conversation) {
            return Ok(standing);
        }
        let _reading = self.desk.reading.lock().await;
        if let Some(standing) = self.answer(conversation) {
            return Ok(standing);
        }
        let known = Position(self.desk.known.load(Ordering::Acquire));
        let of = self.desk.conversations().clone();
        let standing = Arc::new(Standing::read(core, organization, of).await?);
        *self.desk.newest() = Some((known, Arc::clone(&standing)));
        Ok(standing)
    }

    /// What was read already, if it answers the question.
    fn answer(&self, conversation: Option<ConversationId>) -> Option<Arc<Standing>> {
        let newest = self.desk.newest();
        let (known, standing) = newest.as_ref()?;
        let answers =
            *known >= self.since && conversation.is_none_or(|id| standing.of.contains(&id));
        answers.then(|| Arc::clone(standing))
    }
}

impl Desk {
    /// Adds conversations to what is read.
    pub(super) fn include(&self, conversations: impl IntoIterator<Item = ConversationId>) {
        self.conversations().extend(conversations);
    }

    /// A question from somebody who knows of an event.
    pub(super) fn ask(self: &Arc<Self>, since: Position) -> Moment {
        self.known.fetch_max(since.0, Ordering::AcqRel);
        Moment {
            desk: Arc::clone(self),
            since,
        }
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let newest = self.newest();
        let standing = newest.as_ref().map(|(_, standing)| standing.bytes());
        size_of::<Self>() + standing.unwrap_or(0)
    }

    fn newest(&self) -> MutexGuard<'_, Option<(Position, Arc<Standing>)>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn conversations(&self) -> MutexGuard<'_, BTreeSet<ConversationId>> {
        self.conversations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
