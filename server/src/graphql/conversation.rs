//! Conversations and the inbox as the API shows them.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, Object, connection::Connection};
use chrono::{DateTime, Utc};
use entity::{ConversationId, OrganizationId, PatientId, patient};

use super::{
    context::ContextExt as _,
    error::{ApiError, ApiResult},
    id::{LogPosition, read_id},
    message::Message,
    message_pages::{PageKey, PageLoader},
    page::{List, Opaque, PageArguments, connection},
    patient::Patient,
    together::Together,
};
use crate::domain::{
    conversations::{self, InboxEntry, Unread, unread_after},
    core::Core,
    event_log::{Position, bounds},
    messages::{self, MessageView},
    policy::{self, ConversationInView},
    viewer::Viewer,
};

/// What a conversation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::ConversationKind")]
pub enum ConversationKind {
    /// The one chat that a patient has with their care team.
    CareTeamChat,
    /// A titled message that the clinic begins.
    SecureMessage,
    /// The chat inside a contact request.
    Case,
    /// A reminder that cannot be answered.
    Announcement,
}

/// A conversation between the clinic and a patient.
#[derive(Clone, Description)]
pub struct Conversation {
    in_view: ConversationInView,
    patient: Option<Arc<patient::Model>>,
    unread: Option<Unread>,
    latest: Option<Message>,
    position: Position,
    /// One of many: its messages are loaded together with those of the others.
    listed: bool,
}

impl Conversation {
    /// A conversation by itself, as the log stood at `position` or later.
    pub fn alone(in_view: ConversationInView, position: Position) -> Self {
        Self {
            in_view,
            patient: None,
            unread: None,
            latest: None,
            position,
            listed: false,
        }
    }

    /// A conversation of a list, with what the list has loaded.
    pub fn listed(entry: InboxEntry, latest: Option<MessageView>, position: Position) -> Self {
        Self {
            in_view: entry.in_view,
            patient: Some(Arc::new(entry.patient)),
            unread: Some(entry.unread),
            latest: latest.map(|view| Message(Arc::new(view))),
            position,
            listed: true,
        }
    }

    /// A conversation that a live event concerns, with what the event has loaded.
    pub fn live(
        in_view: ConversationInView,
        patient: Arc<patient::Model>,
        unread: Unread,
        position: Position,
    ) -> Self {
        Self {
            in_view,
            patient: Some(patient),
            unread: Some(unread),
            latest: None,
            position,
            listed: true,
        }
    }

    fn list(&self) -> List {
        List {
            name: "messages",
            owner: self.in_view.id().0,
        }
    }
}

/// A page of messages.
type Messages = Connection<Opaque, Message>;

#[Object(use_type_description)]
impl Conversation {
    /// The id.
    pub(super) async fn id(&self) -> ID {
        ID(self.in_view.id().to_public())
    }

    /// What it is for.
    async fn kind(&self) -> ConversationKind {
        self.in_view.conversation().kind.into()
    }

    /// Whose conversation it is.
    async fn patient(&self, ctx: &Context<'_>) -> ApiResult<Patient> {
        if let Some(patient) = &self.patient {
            return Ok(Patient(Arc::clone(patient)));
        }
        let viewer = ctx.viewer().await?;
        let patient =
            policy::open_patient(ctx.core().store.reader(), &viewer, self.in_view.patient())
                .await?;
        Ok(Patient(Arc::new(patient.into_patient())))
    }

    /// How many messages the viewer has not seen. Their own never count.
    async fn unread_count(&self, ctx: &Context<'_>) -> ApiResult<i64> {
        if let Some(unread) = self.unread {
            return Ok(unread.0);
        }
        let reader = self.in_view.reader();
        let counts = unread_after(
            ctx.core().store.reader(),
            self.in_view.organization(),
            &[self.in_view.id()],
            &[reader],
        )
        .await?;
        Ok(counts
            .get(&(self.in_view.id(), reader))
            .copied()
            .unwrap_or_default()
            .0)
    }

    /// The messages in their order, oldest first. `last` gives the newest.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Messages> {
        let slice = PageArguments::new(first, after, last, before).slice::<i64>(self.list())?;
        let page = if self.listed && self.in_view.shows_notes() {
            let key = PageKey {
                organization: self.in_view.organization(),
                conversation: self.in_view.id(),
                slice,
                budget: ctx.budget().clone(),
            };
            let loader = ctx.data_unchecked::<Together<PageLoader>>();
            loader.load(key).await?.unwrap_or_default()
        } else {
            messages::page(
                ctx.core().store.reader(),
                &self.in_view,
                &slice,
                ctx.budget(),
            )
            .await?
        };
        Ok(connection(
            self.list(),
            page,
            |view| view.message.seq,
            |view| Message(Arc::new(view)),
        ))
    }

    /// The newest message that the viewer may see; null before the first.
    async fn last_message(&self, ctx: &Context<'_>) -> ApiResult<Option<Message>> {
        if self.latest.is_some() {
            return Ok(self.latest.clone());
        }
        let slice = PageArguments {
            last: Some(1),
            ..PageArguments::default()
        }
        .slice(self.list())?;
        let page = messages::page(
            ctx.core().store.reader(),
            &self.in_view,
            &slice,
            ctx.budget(),
        )
        .await?;
        Ok(page
            .items
            .into_iter()
            .next()
            .map(|view| Message(Arc::new(view))))
    }

    /// When the newest message was stored; before the first, when the conversation began.
    async fn last_activity_at(&self) -> DateTime<Utc> {
        self.in_view.conversation().activity_at
    }

    /// When the conversation began.
    async fn created_at(&self) -> DateTime<Utc> {
        self.in_view.conversation().created_at
    }

    /// Where the log stood before this answer was read. Subscribe with it as `after` and nothing is missed; what you
    /// have already is recognised by its own position.
    async fn position(&self) -> LogPosition {
        LogPosition::new(self.position, self.in_view.organization())
    }
}

/// Queries of conversations.
#[derive(Default)]
pub struct ConversationQuery;

#[Object]
impl ConversationQuery {
    /// A conversation: for clinicians who may open its patient, and for the patient.
    async fn conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation's id.")] id: ID,
    ) -> ApiResult<Conversation> {
        let viewer = ctx.viewer().await?;
        let id = read_id(ConversationId::from_public, &id)?;
        open(ctx.core(), &viewer, id).await
    }

    /// "Chat with my care team": the patient's own conversation. Refused with the code `PORTAL_CHAT_OFF` or `NOT_ENROLLED`
    /// where the patient does not take part in portal chat. For patients.
    async fn my_care_team_chat(&self, ctx: &Context<'_>) -> ApiResult<Conversation> {
        let viewer = ctx.viewer().await?;
        match &*viewer {
            Viewer::Patient(patient) => {
                let id = chat_of(ctx.core(), patient.organization(), patient.id()).await?;
                open(ctx.core(), &viewer, id).await
            }
            Viewer::Staff(_) => Err(ApiError::Forbidden("This needs a patient.".to_owned())),
        }
    }
}

/// Opens a conversation, with the log's position from before it is read. Two statements.
pub async fn open(core: &Core, viewer: &Viewer, id: ConversationId) -> ApiResult<Conversation> {
    let reader = core.store.reader();
    let position = bounds(reader, viewer.organization()).await?.head;
    let in_view = policy::read_conversation(reader, viewer, id).await?;
    Ok(Conversation::alone(in_view, position))
}

async fn chat_of(
    core: &Core,
    organization: OrganizationId,
    patient: PatientId,
) -> ApiResult<ConversationId> {
    let chats =
        conversations::care_team_chats(core.store.reader(), organization, [patient]).await?;
    chats.first().map(|chat| chat.id).ok_or(ApiError::NotFound)
}
