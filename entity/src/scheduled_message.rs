//! A message of a staff member that leaves at a later time.

use sea_orm::entity::prelude::*;

use crate::{
    ConversationId, MessageBody, MessageId, MessageTemplateId, OrganizationId, RichBody,
    ScheduledMessageId, ScheduledRefusal, ScheduledStatus, StaffId,
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
    /// Where it is to stand.
    pub conversation_id: ConversationId,
    /// Who wrote it.
    pub author_id: StaffId,
    /// The template that it is made of when it leaves; none where the author wrote it.
    pub template_id: Option<MessageTemplateId>,
    /// Its text; of rich text the plain form.
    pub body: Option<MessageBody>,
    /// Rich text, cleaned.
    pub html: Option<RichBody>,
    /// Whether the patient may answer from then on, where the author said so.
    pub allow_reply: Option<bool>,
    /// Chosen by the client; unique for the organization.
    pub idempotency_key: String,
    /// For which time of day, such as `2027-03-28T09:00:00`.
    pub local_time: String,
    /// In which time zone; an IANA name.
    pub time_zone: String,
    /// When that is.
    pub due_at: DateTimeUtc,
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
    /// When it left, expired, was cancelled or refused.
    pub settled_at: Option<DateTimeUtc>,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
