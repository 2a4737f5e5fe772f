//! The outbox: what must be sent, stored in the transaction that caused it. It carries ids only.

use sea_orm::entity::prelude::*;

use crate::{
    Channel, ConversationId, NotificationId, NotificationPurpose, NotificationStatus,
    OrganizationId, PatientId, PersonKind,
};

/// The outbox: what must be sent, stored in the transaction that caused it. It carries ids only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NotificationId,
    /// What it is for.
    pub purpose: NotificationPurpose,
    /// None while it stands for everyone of the panel who is to be told.
    pub recipient_kind: Option<PersonKind>,
    /// To whom.
    pub recipient_id: Option<Uuid>,
    /// None until it is addressed.
    pub channel: Option<Channel>,
    /// The patient.
    pub patient_id: Option<PatientId>,
    /// The conversation.
    pub conversation_id: Option<ConversationId>,
    /// The message of the conversation that caused it.
    pub seq: Option<i64>,
    /// The invitation or one-time code that it carries, or the scheduled message or reminder that it is about.
    pub subject_id: Option<Uuid>,
    /// While it waits, another with the same key is not stored.
    pub coalesce_key: Option<String>,
    /// Where it stands.
    pub status: NotificationStatus,
    /// Not before.
    pub due_at: DateTimeUtc,
    /// How often it was tried.
    pub attempts: i32,
    /// A worker has it until then.
    pub leased_until: Option<DateTimeUtc>,
    /// The worker that has it.
    pub leased_by: Option<Uuid>,
    /// The class of the last failure, without personal data.
    pub last_error: Option<String>,
    /// When it was stored.
    pub created_at: DateTimeUtc,
    /// When it left the outbox for good.
    pub settled_at: Option<DateTimeUtc>,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
