//! A patient who was chosen for a reminder.

use sea_orm::entity::prelude::*;

use crate::{
    Channel, MessageId, OrganizationId, PatientId, RecipientStatus, ReminderId, SkipReason,
};

/// A patient who was chosen for a reminder.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reminder_recipient")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The reminder.
    #[sea_orm(primary_key, auto_increment = false)]
    pub reminder_id: ReminderId,
    /// The patient.
    #[sea_orm(primary_key, auto_increment = false)]
    pub patient_id: PatientId,
    /// Where it stands.
    pub status: RecipientStatus,
    /// Why the patient gets none.
    pub reason: Option<SkipReason>,
    /// BCP 47 tag of the language: as it was reviewed, and once the message has left, as it left.
    pub language: Option<String>,
    /// Of the template's text in that language.
    pub version: Option<i32>,
    /// How the patient is notified.
    pub channel: Option<Channel>,
    /// When the message is to leave.
    pub due_at: Option<DateTimeUtc>,
    /// How often the server failed to let it leave.
    pub attempts: i32,
    /// The message that has left.
    pub message_id: Option<MessageId>,
    /// When it left, was skipped or cancelled.
    pub settled_at: Option<DateTimeUtc>,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
