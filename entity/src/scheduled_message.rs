//! A message of a staff member that leaves at a later time.

use sea_orm::entity::prelude::*;

use crate::{
    ConversationId, MessageBody, MessageId, MessageTemplateId, OrganizationId, PatientId, RichBody,
    ScheduledMessageId, ScheduledRefusal, ScheduledStatus, StaffId, Title,
};

/// A message of a staff member that leaves at a later time.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "scheduled_message")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ScheduledMessageId,
    /// The patient who gets it.
    pub patient_id: PatientId,
    /// Where it is to stand; none for a secure message until it has begun.
    pub conversation_id: Option<ConversationId>,
    /// Who wrote it.
    pub author_id: StaffId,
    /// What a secure message is about that is to be begun in the author's own words.
    pub title: Option<Title>,
    /// The template that it is made of when it leaves; none where the author wrote it.
    pub template_id: Option<MessageTemplateId>,
    /// Its text; of rich text the plain form.
    pub body: Option<MessageBody>,
    /// Rich text, cleaned.
    pub html: Option<RichBody>,
    /// Whether the patient may answer from then on, where the author said so.
    pub allow_reply: Option<bool>,
    /// The number of the last message that the author had seen, where it is to wait if somebody has written since (NEW-2).
    pub seen_seq: Option<i64>,
    /// Chosen by the client; unique for the author.
    pub idempotency_key: String,
    /// A hash of all that is asked for.
    pub request: Vec<u8>,
    /// For which time of day, such as `2027-03-28T09:00:00`.
    pub local_time: String,
    /// In which time zone; an IANA name.
    pub time_zone: String,
    /// When that is.
    pub due_at: DateTimeUtc,
    /// How often it failed for what does not pass by itself.
    pub attempts: i32,
    /// Until when it is left alone after a failure.
    pub rests_until: Option<DateTimeUtc>,
    /// What could not leave until then does not leave any more.
    pub expires_at: Option<DateTimeUtc>,
    /// Where it stands.
    pub status: ScheduledStatus,
    /// Why it could not be stored.
    pub refusal: Option<ScheduledRefusal>,
    /// The message that it became.
    pub message_id: Option<MessageId>,
    /// When it was stored.
    pub created_at: DateTimeUtc,
    /// When it left, expired, was cancelled or refused; none while it waits or is held back.
    pub settled_at: Option<DateTimeUtc>,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
