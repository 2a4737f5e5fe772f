//! Conversations and the inbox as the API shows them.

use std::sync::Arc;

use async_graphql::{Context, Description, ID, Object, connection::Connection};
use chrono::{DateTime, Utc};
use entity::patient;

use super::{
    answers::{AnswerMark, ExpectedAnswer, expected_now},
    case::{Case, case_of},
    context::ContextExt as _,
    conversation_loaders::{ConversationKey, ReceiptsKey, answer_mark, unread, urgent_unread},
    error::ApiResult,
    id::LogPosition,
    loaders::{OwnerKey, load},
    message::Message,
    message_pages::{newest, page_of_listed},
    organization::ContactInformation,
    page::{List, Opaque, PageArguments, connection},
    participant::{Participant, Receipt, known_staff},
    patient::Patient,
    rules::{ConversationKind, ConversationStatus, Replies},
    staff_member::StaffMember,
};
use crate::domain::{
    conversations::{InboxEntry, Unread},
    event_log::Position,
    fault::Fault,
    messages::{self, MessageView},
    policy::{self, ConversationInView},
};

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

    /// The same, as one of many.
    pub fn among_others(self) -> Self {
        Self {
            listed: true,
            ..self
        }
    }

    /// A conversation with what a list of them, or a live event, has loaded.
    pub fn loaded(
        in_view: ConversationInView,
        patient: Arc<patient::Model>,
        unread: Unread,
        latest: Option<MessageView>,
        position: Position,
    ) -> Self {
        Self {
            patient: Some(patient),
            unread: Some(unread),
            latest: latest.map(|view| Message(Arc::new(view))),
            listed: true,
            ..Self::alone(in_view, position)
        }
    }

    /// A conversation of the inbox.
    pub fn listed(entry: InboxEntry, latest: Option<MessageView>, position: Position) -> Self {
        let patient = Arc::new(entry.patient);
        Self::loaded(entry.in_view, patient, entry.unread, latest, position)
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

    /// What it is about; null where it has no title, as the care-team chat.
    async fn title(&self) -> Option<&str> {
        let title = self.in_view.conversation().title.as_ref();
        title.map(|title| title.reveal())
    }

    /// The case, if it is the chat of one.
    async fn case(&self, ctx: &Context<'_>) -> ApiResult<Option<Case>> {
        case_of(ctx, &self.in_view, self.position).await
    }

    /// Whether it goes on.
    async fn status(&self) -> ConversationStatus {
        self.in_view.conversation().status.into()
    }

    /// When it was closed or opened again last; null when it never was.
    async fn status_changed_at(&self) -> Option<DateTime<Utc>> {
        self.in_view.conversation().status_changed_at
    }

    /// Who closed it or opened it again last; null when nobody has, and for the patient.
    async fn status_changed_by(&self, ctx: &Context<'_>) -> ApiResult<Option<StaffMember>> {
        known_staff(
            ctx,
            self.in_view.organization(),
            self.in_view.conversation().status_changed_by,
        )
        .await
    }

    /// Who began it; null where it came with the patient, and for the patient.
    async fn begun_by(&self, ctx: &Context<'_>) -> ApiResult<Option<StaffMember>> {
        known_staff(
            ctx,
            self.in_view.organization(),
            self.in_view.conversation().begun_by,
        )
        .await
    }

    /// Whether the patient may answer: by what was said for this conversation, or by the clinic's rule for its kind.
    async fn replies(&self, ctx: &Context<'_>) -> ApiResult<Replies> {
        let conversation = self.in_view.conversation();
        let rules = ctx.viewer().await?.settings().rules(conversation.kind);
        Ok(conversation.replies.unwrap_or(rules.replies).into())
    }

    /// Whether the viewer may write in it now. Where a patient may not, show them the clinic's `contact`.
    async fn can_write(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        let viewer = ctx.viewer().await?;
        Ok(policy::may_write(&viewer, &self.in_view))
    }

    /// The staff members to whom it is addressed, in the order in which they came. Empty where it is the whole team's business.
    async fn participants(&self, ctx: &Context<'_>) -> ApiResult<Vec<Participant>> {
        let key = ConversationKey(self.in_view.organization(), self.in_view.id());
        let found = load(ctx, key).await?.unwrap_or_default();
        Ok(found.into_iter().map(Participant).collect())
    }

    /// How far those of the other side have read, where the clinic's rule lets the viewer see it; otherwise null. At most
    /// 100 people, those who have read furthest first.
    async fn receipts(&self, ctx: &Context<'_>) -> ApiResult<Option<Vec<Receipt>>> {
        let viewer = ctx.viewer().await?;
        let Some(readable) = policy::receipts(&viewer, &self.in_view) else {
            return Ok(None);
        };
        let key = ReceiptsKey::of(&readable);
        let cursors = load(ctx, key).await?.unwrap_or_default();
        Ok(Some(cursors.into_iter().map(Receipt::from).collect()))
    }

    /// Since when the patient waits for an answer; null when they wait for none, and for the patient. `markAnswered` says that
    /// none is needed.
    async fn waiting_since(&self) -> Option<DateTime<Utc>> {
        let waiting = self.in_view.conversation().unanswered_since;
        waiting.filter(|_| self.in_view.shows_notes())
    }

    /// What was said last by `markAnswered`; null where nothing was, and for the patient.
    async fn answer_mark(&self, ctx: &Context<'_>) -> ApiResult<Option<AnswerMark>> {
        answer_mark(ctx, &self.in_view).await
    }

    /// Until when the patient can expect an answer to what they have written; null when they wait for none, and where the
    /// clinic said nothing of it when they wrote. It is what the patient was told, and stays so when the clinic decides
    /// otherwise.
    async fn expected_answer_by(&self) -> Option<DateTime<Utc>> {
        self.in_view.conversation().answer_due_at
    }

    /// What the patient can expect who writes now; null where the clinic says nothing of it.
    async fn expected_answer(&self, ctx: &Context<'_>) -> ApiResult<Option<ExpectedAnswer>> {
        let kind = self.in_view.conversation().kind;
        expected_now(ctx, &*ctx.viewer().await?, kind)
    }

    /// How patients reach the clinic by other means than this conversation.
    async fn contact(&self, ctx: &Context<'_>) -> ApiResult<ContactInformation> {
        Ok(ctx.viewer().await?.settings().contact.clone().into())
    }

    /// Whose conversation it is.
    async fn patient(&self, ctx: &Context<'_>) -> ApiResult<Patient> {
        if let Some(patient) = &self.patient {
            return Ok(Patient(Arc::clone(patient)));
        }
        let key = OwnerKey(self.in_view.organization(), self.in_view.patient());
        // Whoever may read a conversation sees whose it is.
        let patient = load(ctx, key).await?;
        patient
            .map(Patient)
            .ok_or_else(|| Fault::Corrupt("patient of a conversation").into())
    }

    /// How many messages the viewer has not seen. Their own never count.
    async fn unread_count(&self, ctx: &Context<'_>) -> ApiResult<i64> {
        if let Some(unread) = self.unread {
            return Ok(unread.0);
        }
        unread(ctx, &self.in_view).await
    }

    /// Whether it holds messages with urgent words that the viewer has not seen; false for the patient.
    async fn urgent_unread(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        urgent_unread(ctx, &self.in_view).await
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
        let page = if self.listed {
            page_of_listed(ctx, &self.in_view, slice).await?
        } else {
            let reader = ctx.core().store.reader();
            messages::page(reader, &self.in_view, &slice, ctx.budget()).await?
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
        newest(ctx, &self.in_view, self.list()).await
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
