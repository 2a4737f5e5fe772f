//! Reminders as the API shows them.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject, connection::Connection};
use chrono::{DateTime, Utc};
use entity::{OrganizationId, StaffId, patient_template, reminder};

use super::{
    context::ContextExt as _,
    error::{ApiError, ApiResult},
    loaders::load,
    local_time::LocalDateTime,
    message_template::{MessageTemplate, author},
    page::{List, Opaque, PageArguments, connection},
    patient::Patient,
    reminder_loaders::TemplateKey,
    staff_member::{NotificationChannel, StaffMember},
};
use crate::domain::{
    fault::Fault,
    policy,
    reminders::{self, Recipient},
};

/// Where a reminder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::ReminderStatus")]
pub enum ReminderStatus {
    /// None of its messages has left.
    Queued,
    /// Some have left, others have not.
    Running,
    /// None is left to send.
    Done,
    /// Cancelled: what had not left by then does not leave.
    Cancelled,
}

/// Where a reminder stands for one patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::RecipientStatus")]
pub enum ReminderRecipientStatus {
    /// The message has not left.
    Waiting,
    /// The message stands in the patient's announcements.
    Sent,
    /// The patient gets none.
    Skipped,
    /// The server failed to let it leave, again and again for about an hour. It counts among those who are skipped.
    Failed,
    /// It was cancelled before it left.
    Cancelled,
}

/// Why a patient gets no message of a reminder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::SkipReason")]
pub enum ReminderSkipReason {
    /// No e-mail address or mobile number is on file for any of the ways by which the clinic notifies patients.
    NoContactOnFile,
    /// Only text messages would reach the patient, who has opted out of them.
    NumberOptedOut,
    /// The clinic has no patient portal.
    PortalDisabled,
    /// The patient is not allowed into the portal.
    PatientPortalAccessMissing,
    /// The clinic does not offer announcements.
    KindNotOffered,
    /// The template has no text in a language that could be taken.
    NoTranslation,
    /// The text in the language that was to be taken is older than its source.
    TranslationStale,
    /// There is a text in a language that could be taken, and it is not approved.
    TemplateNotApproved,
    /// The text names what the clinic has not said, such as its telephone number.
    ValueMissing,
    /// The patient has had as many reminders on that day as the clinic allows.
    LimitReached,
    /// The clocks of the patient's time zone leave this time out on that day.
    TimeDoesNotExist,
    /// The time has passed in the patient's time zone.
    TimePassed,
    /// It could not leave before it expired.
    Expired,
    /// The staff member who sent it has left, writes no messages any more, or does not reach the patient any more.
    SenderNotAllowed,
    /// The server failed to let it leave, again and again for about an hour.
    ServerFailed,
}

/// A message template that was sent to one or many patients at once.
#[derive(Clone, Description)]
pub struct Reminder(pub Arc<reminder::Model>);

impl From<reminder::Model> for Reminder {
    fn from(reminder: reminder::Model) -> Self {
        Self(Arc::new(reminder))
    }
}

#[Object(use_type_description)]
impl Reminder {
    /// The id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// What is sent.
    async fn template(&self, ctx: &Context<'_>) -> ApiResult<MessageTemplate> {
        template(ctx, TemplateKey(self.0.organization_id, self.0.template_id)).await
    }

    /// Who sent it.
    async fn created_by(&self, ctx: &Context<'_>) -> ApiResult<StaffMember> {
        author(ctx, self.0.organization_id, self.0.created_by).await
    }

    /// When it was sent.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// For which local time of each patient; null when it was for at once.
    async fn local_time(&self) -> Option<LocalDateTime> {
        self.0.local_time.clone().map(LocalDateTime::stored)
    }

    /// What could not leave until then does not leave any more.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// Where it stands.
    async fn status(&self) -> ReminderStatus {
        self.0.status.into()
    }

    /// How many patients were chosen. This and the other counts are of all of them, also those whom the viewer does not
    /// reach; `recipients` names only whom they reach.
    async fn recipient_count(&self) -> i32 {
        self.0.recipients
    }

    /// For how many of them the message has not left.
    async fn waiting_count(&self) -> i32 {
        self.0.recipients - self.0.sent - self.0.skipped - self.0.cancelled
    }

    /// To how many of them the message has left.
    async fn sent_count(&self) -> i32 {
        self.0.sent
    }

    /// How many of them get none, those among them for whom the server failed.
    async fn skipped_count(&self) -> i32 {
        self.0.skipped
    }

    /// For how many of them it was cancelled.
    async fn cancelled_count(&self) -> i32 {
        self.0.cancelled
    }

    /// The chosen patients, as far as the viewer reaches, in no order that means anything.
    async fn recipients(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those for whom it stands so.")] status: Option<
            ReminderRecipientStatus,
        >,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, ReminderRecipient>> {
        let viewer = policy::staff(&*ctx.viewer().await?)?;
        let list = List {
            name: "reminderRecipients",
            owner: self.0.id.0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let reader = ctx.core().store.reader();
        let status = status.map(Into::into);
        let page = reminders::recipients(reader, &viewer, &self.0, status, &slice).await?;
        Ok(connection(
            list,
            page,
            |recipient| recipient.id().0,
            ReminderRecipient::from,
        ))
    }
}

/// A patient who was chosen for a reminder.
#[derive(SimpleObject)]
pub struct ReminderRecipient {
    /// The patient.
    patient: Patient,
    /// Where it stands.
    status: ReminderRecipientStatus,
    /// Why the patient gets none; null for the others.
    reason: Option<ReminderSkipReason>,
    /// The BCP 47 tag of the language: as it was reviewed, and once the message has left, as it left.
    language: Option<String>,
    /// The version of the template's text in that language.
    version: Option<i32>,
    /// How the patient is notified.
    channel: Option<NotificationChannel>,
    /// When the message is to leave; null for a patient who was skipped at the review.
    due_at: Option<DateTime<Utc>>,
    /// When it left, was skipped or cancelled; null while it waits.
    settled_at: Option<DateTime<Utc>>,
}

impl From<Recipient> for ReminderRecipient {
    fn from(recipient: Recipient) -> Self {
        let row = recipient.row;
        Self {
            patient: recipient.patient.into(),
            status: row.status.into(),
            reason: row.reason.map(Into::into),
            language: row.language,
            version: row.version,
            channel: row.channel.and_then(NotificationChannel::of),
            due_at: row.due_at,
            settled_at: row.settled_at,
        }
    }
}

/// How often a patient got a message template.
#[derive(Clone, Description)]
pub struct SentTemplate(pub patient_template::Model);

#[Object(use_type_description)]
impl SentTemplate {
    /// The template.
    async fn template(&self, ctx: &Context<'_>) -> ApiResult<MessageTemplate> {
        template(ctx, TemplateKey(self.0.organization_id, self.0.template_id)).await
    }

    /// How often.
    async fn times(&self) -> i64 {
        self.0.times
    }

    /// When it was sent last.
    async fn last_sent_at(&self) -> DateTime<Utc> {
        self.0.last_sent_at
    }

    /// By whom it was sent last.
    async fn last_sent_by(&self, ctx: &Context<'_>) -> ApiResult<StaffMember> {
        let (organization, staff): (OrganizationId, StaffId) =
            (self.0.organization_id, self.0.last_sent_by);
        author(ctx, organization, staff).await
    }
}

/// The approved text from which a message was made.
#[derive(Clone, Description)]
pub struct MessageOrigin {
    pub(super) key: TemplateKey,
    pub(super) language: String,
    pub(super) version: i32,
}

#[Object(use_type_description)]
impl MessageOrigin {
    /// The template.
    async fn template(&self, ctx: &Context<'_>) -> ApiResult<MessageTemplate> {
        template(ctx, self.key).await
    }

    /// The BCP 47 tag of the language.
    async fn language(&self) -> &str {
        &self.language
    }

    /// The version of the text in that language.
    async fn version(&self) -> i32 {
        self.version
    }
}

/// A template that something was made from. Templates are never removed.
pub(super) async fn template(ctx: &Context<'_>, key: TemplateKey) -> ApiResult<MessageTemplate> {
    let found = load(ctx, key).await?;
    let found = found.ok_or_else(|| ApiError::from(Fault::Corrupt("template")))?;
    Ok(MessageTemplate(found))
}
