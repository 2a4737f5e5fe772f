//! Messages that leave at a later time.

use async_graphql::{Context, Description, Enum, ID, Object, connection::Connection};
use chrono::{DateTime, Utc};
use entity::{ConversationId, scheduled_message};

use super::{
    context::ContextExt as _,
    error::ApiResult,
    id::read_id,
    local_time::LocalDateTime,
    message_template::{MessageTemplate, author},
    page::{List, Opaque, PageArguments, connection},
    reminder::template,
    reminder_loaders::TemplateKey,
    staff_member::StaffMember,
};
use crate::domain::{policy, scheduled};

/// Where a scheduled message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::ScheduledStatus")]
pub enum ScheduledMessageStatus {
    /// It has not left.
    Waiting,
    /// It stands in the conversation.
    Sent,
    /// It was cancelled before it left.
    Cancelled,
    /// It could not leave before it expired.
    Expired,
    /// It could not be stored when it was due.
    Refused,
}

/// Why a scheduled message could not be stored when it was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::ScheduledRefusal")]
pub enum ScheduledMessageRefusal {
    /// Its author has left, writes no messages any more, or does not reach the patient any more.
    AuthorNotAllowed,
    /// The clinic has switched portal chat off.
    PortalChatOff,
    /// The patient is not enrolled in the portal.
    NotEnrolled,
    /// The clinic has no patient portal.
    PortalDisabled,
    /// The patient is not allowed into the portal.
    PatientPortalAccessMissing,
    /// No e-mail address or phone number is on file.
    NoContactOnFile,
    /// The clinic does not offer conversations of this kind any more.
    KindNotOffered,
    /// The patient has to write first.
    NotStarted,
    /// The conversation is closed.
    ConversationClosed,
    /// Only approved templates can be sent here.
    TemplateRequired,
    /// The template has no text in a language that could be taken.
    NoTranslation,
    /// The text in the language that was to be taken is older than its source.
    TranslationStale,
    /// No text of the template that could be taken is approved.
    TemplateNotApproved,
    /// The template names what the clinic has not said, such as its telephone number.
    ValueMissing,
}

/// A message of a staff member that leaves at a later time.
#[derive(Clone, Description)]
pub struct ScheduledMessage(pub scheduled_message::Model);

#[Object(use_type_description)]
impl ScheduledMessage {
    /// The id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// The conversation in which it is to stand.
    async fn conversation_id(&self) -> ID {
        ID(self.0.conversation_id.to_public())
    }

    /// Who wrote it.
    async fn author(&self, ctx: &Context<'_>) -> ApiResult<StaffMember> {
        author(ctx, self.0.organization_id, self.0.author_id).await
    }

    /// The template that it is made of when it leaves; null where the author wrote it.
    async fn template(&self, ctx: &Context<'_>) -> ApiResult<Option<MessageTemplate>> {
        match self.0.template_id {
            None => Ok(None),
            Some(id) => Ok(Some(
                template(ctx, TemplateKey(self.0.organization_id, id)).await?,
            )),
        }
    }

    /// The text as plain text; null where it comes from a template.
    async fn body(&self, ctx: &Context<'_>) -> ApiResult<Option<&str>> {
        let body = self.0.body.as_ref().map(|body| body.reveal());
        ctx.budget().write(body.map_or(0, str::len))?;
        Ok(body)
    }

    /// Formatted text as HTML that was cleaned; null where the text was written without formatting.
    async fn html(&self, ctx: &Context<'_>) -> ApiResult<Option<&str>> {
        let html = self.0.html.as_ref().map(|html| html.reveal());
        ctx.budget().write(html.map_or(0, str::len))?;
        Ok(html)
    }

    /// For which time of day.
    async fn local_time(&self) -> LocalDateTime {
        LocalDateTime::stored(self.0.local_time.clone())
    }

    /// The IANA name of the time zone in which that counts.
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// When that is.
    async fn due_at(&self) -> DateTime<Utc> {
        self.0.due_at
    }

    /// What could not leave until then does not leave any more.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// Where it stands.
    async fn status(&self) -> ScheduledMessageStatus {
        self.0.status.into()
    }

    /// Why it was refused; null when it was not.
    async fn refusal(&self) -> Option<ScheduledMessageRefusal> {
        self.0.refusal.map(Into::into)
    }

    /// The id of the message that it became; null when it became none.
    async fn message_id(&self) -> Option<ID> {
        self.0.message_id.map(|id| ID(id.to_public()))
    }
}

/// Queries of scheduled messages.
#[derive(Default)]
pub struct ScheduledMessageQuery;

#[Object]
impl ScheduledMessageQuery {
    /// The scheduled messages of a conversation, in the order in which they were scheduled. For clinicians who may open it.
    async fn scheduled_messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation.")] conversation_id: ID,
        #[graphql(desc = "Only those that stand so.")] status: Option<ScheduledMessageStatus>,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, ScheduledMessage>> {
        let viewer = ctx.viewer().await?;
        policy::clinician(&viewer)?;
        let reader = ctx.core().store.reader();
        let id = read_id(ConversationId::from_public, &conversation_id)?;
        let in_view = policy::read_conversation(reader, &viewer, id).await?;
        let list = List {
            name: "scheduledMessages",
            owner: id.0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let page = scheduled::page(reader, &in_view, status.map(Into::into), &slice).await?;
        Ok(connection(
            list,
            page,
            |message| message.id.0,
            ScheduledMessage,
        ))
    }
}
