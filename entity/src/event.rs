//! One entry of an organization's ordered log. It carries ids only, never content.

use sea_orm::entity::prelude::*;

use crate::{
    ConversationId, EventKind, MessageId, OrganizationId, PatientId, PersonKind, ReminderId,
    ScheduledMessageId, SessionId,
};

/// One entry of an organization's ordered log. It carries ids only, never content.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Gapless within the organization; the order of positions is the order of commits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// Its kind.
    pub kind: EventKind,
    /// The conversation.
    pub conversation_id: Option<ConversationId>,
    /// The patient.
    pub patient_id: Option<PatientId>,
    /// The message.
    pub message_id: Option<MessageId>,
    /// Who caused it.
    pub actor_kind: Option<PersonKind>,
    /// Who caused it.
    pub actor_id: Option<Uuid>,
    /// The person whom the event is about, where that is not the actor.
    pub subject_kind: Option<PersonKind>,
    /// The person whom the event is about.
    pub subject_id: Option<Uuid>,
    /// The session that was revoked; none when all of the subject's were.
    pub session_id: Option<SessionId>,
    /// The reminder.
    pub reminder_id: Option<ReminderId>,
    /// The message that was set for a later time.
    pub scheduled_message_id: Option<ScheduledMessageId>,
    /// Staff members in the patient's panel at that moment; see the domain's `Audience`.
    pub audience: Vec<u8>,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
