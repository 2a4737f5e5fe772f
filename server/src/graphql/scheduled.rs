//! Messages that leave at a later time.

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject, connection::Connection};
use chrono::{DateTime, Utc};
use entity::{ConversationId, PatientId, scheduled_message};
use uuid::Uuid;

use super::{
    attachment::AttachmentStatus,
    context::ContextExt as _,
    error::{ApiError, ApiResult},
    id::read_id,
    loaders::{OwnerKey, load},
    local_time::LocalDateTime,
    message_template::{MessageTemplate, author},
    page::{List, Opaque, PageArguments, connection},
    patient::Patient,
    reminder::template,
    reminder_loaders::TemplateKey,
    scheduled_loaders::{AddressedKey, ScheduledFilesKey},
    staff_member::StaffMember,
};
use crate::domain::{
    fault::Fault,
    policy,
    scheduled::{self, Place, ScheduledFile},
};

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
    /// It was due, and somebody had written since its author looked; it waits for `releaseScheduledMessage` or
    /// `cancelScheduledMessage`.
    Held,
    /// It could not be stored when it was due.
    Refused,
    /// The server failed to store it, eight times within an hour.
    Failed,
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
    /// Only text messages would reach the patient, who has opted out of them.
    NumberOptedOut,
    /// The clinic does not offer conversations of this kind any more.
    KindNotOffered,
    /// The patient has to write first.
    NotStarted,
    /// The conversation is closed.
    ConversationClosed,
    /// Nobody has begun to work on the case.
    CaseNotInProgress,
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
    /// One of the staff members to whom it is addressed is no active clinician any more, or restricted from the patient.
    RecipientNotAllowed,
    /// The malware scanner has found something in a file.
    FileInfected,
    /// A file still waits for its inspection or was not scanned, and the clinic sends only what was.
    FileNotInspected,
    /// A file is gone, or the clinic does not send so many or so long ones any more.
    FileNotUsable,
    /// The server failed to store it, eight times within an hour.
    ServerFailed,
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

    /// The patient who is to get it.
    async fn patient(&self, ctx: &Context<'_>) -> ApiResult<Patient> {
        let key = OwnerKey(self.0.organization_id, self.0.patient_id);
        let patient = load(ctx, key).await?;
        let patient = patient.ok_or_else(|| ApiError::from(Fault::Corrupt("patient")))?;
        Ok(Patient(patient))
    }

    /// The id of the conversation in which it is to stand; null for a secure message until it has begun.
    async fn conversation_id(&self) -> Option<ID> {
        self.0.conversation_id.map(|id| ID(id.to_public()))
    }

    /// What a secure message is about that is to be begun; null for others, where a template says it, and as `body`.
    async fn title(&self) -> Option<&str> {
        self.0.title.as_ref().map(|title| title.reveal())
    }

    /// The staff members to whom a secure message is addressed that is to be begun, besides its author, by name.
    async fn to(&self, ctx: &Context<'_>) -> ApiResult<Vec<StaffMember>> {
        let key = AddressedKey(self.0.organization_id, self.0.id);
        let members = load(ctx, key).await?.unwrap_or_default();
        Ok(members.into_iter().map(StaffMember).collect())
    }

    /// The files that go with it, in their order. They can be downloaded from the message that it becomes.
    async fn files(&self, ctx: &Context<'_>) -> ApiResult<Vec<ScheduledMessageFile>> {
        let key = ScheduledFilesKey(self.0.organization_id, self.0.id);
        let files = load(ctx, key).await?.unwrap_or_default();
        Ok(files.into_iter().map(Into::into).collect())
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

    /// The text as plain text; null where it comes from a template, and from thirty days on after it has left, was
    /// cancelled or could not leave.
    async fn body(&self, ctx: &Context<'_>) -> ApiResult<Option<&str>> {
        let body = self.0.body.as_ref().map(|body| body.reveal());
        ctx.budget().write(body.map_or(0, str::len))?;
        Ok(body)
    }

    /// Formatted text as HTML that was cleaned; null where the text was written without formatting, and as `body`.
    async fn html(&self, ctx: &Context<'_>) -> ApiResult<Option<&str>> {
        let html = self.0.html.as_ref().map(|html| html.reveal());
        ctx.budget().write(html.map_or(0, str::len))?;
        Ok(html)
    }

    /// For which time of day.
    async fn local_time(&self) -> LocalDateTime {
        LocalDateTime::stored(self.0.local_time.clone())
    }

    /// The IANA name of the time zone in which that counts: the patient's as it was when the message was scheduled, unless
    /// another was given. A patient who moves to another time zone later gets it at the moment that was promised.
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

    /// Why it was refused or failed; null when it was not.
    async fn refusal(&self) -> Option<ScheduledMessageRefusal> {
        self.0.refusal.map(Into::into)
    }

    /// The id of the message that it became; null when it became none.
    async fn message_id(&self) -> Option<ID> {
        self.0.message_id.map(|id| ID(id.to_public()))
    }
}

/// A file of a scheduled message.
#[derive(SimpleObject)]
pub struct ScheduledMessageFile {
    /// What it is called, without anything that a file system or a reader could stumble over.
    file_name: String,
    /// What its bytes show it to be, such as `application/pdf`.
    media_type: String,
    /// How many bytes it has.
    byte_length: i64,
    /// How far it has come.
    status: AttachmentStatus,
}

impl From<ScheduledFile> for ScheduledMessageFile {
    fn from(file: ScheduledFile) -> Self {
        let row = file.attachment;
        let unknown = || "application/octet-stream".to_owned();
        Self {
            file_name: row.file_name.reveal().to_owned(),
            media_type: row.media_type.unwrap_or_else(unknown),
            byte_length: row.length,
            status: row.status.into(),
        }
    }
}

/// Where to look for scheduled messages, and the id of the one that owns the list.
async fn place(
    ctx: &Context<'_>,
    conversation: Option<ID>,
    patient: Option<ID>,
) -> ApiResult<(Place, Uuid)> {
    let viewer = ctx.viewer().await?;
    policy::clinician(&viewer)?;
    let reader = ctx.core().store.reader();
    match (conversation, patient) {
        (Some(id), None) => {
            let id = read_id(ConversationId::from_public, &id)?;
            let in_view = policy::read_conversation(reader, &viewer, id).await?;
            Ok((Place::Conversation(in_view), id.0))
        }
        (None, Some(id)) => {
            let id = read_id(PatientId::from_public, &id)?;
            let in_view = policy::open_patient(reader, &viewer, id).await?;
            Ok((Place::Patient(in_view), id.0))
        }
        (Some(_), Some(_)) | (None, None) => Err(ApiError::BadInput {
            argument: "patientId",
            message: "Give one of `conversationId` and `patientId`.".to_owned(),
        }),
    }
}

/// Queries of scheduled messages.
#[derive(Default)]
pub struct ScheduledMessageQuery;

#[Object]
impl ScheduledMessageQuery {
    /// The scheduled messages of a conversation, or of a patient with those that are to begin a conversation, in the order in
    /// which they were scheduled. For clinicians who may open the one or the other.
    async fn scheduled_messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation. One of this and `patientId` is given.")]
        conversation_id: Option<ID>,
        #[graphql(desc = "The patient.")] patient_id: Option<ID>,
        #[graphql(desc = "Only those that stand so.")] status: Option<ScheduledMessageStatus>,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, ScheduledMessage>> {
        let reader = ctx.core().store.reader();
        let (place, owner) = place(ctx, conversation_id, patient_id).await?;
        let list = List {
            name: "scheduledMessages",
            owner,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let page = scheduled::page(reader, &place, status.map(Into::into), &slice).await?;
        Ok(connection(
            list,
            page,
            |message| message.id.0,
            ScheduledMessage,
        ))
    }
}
