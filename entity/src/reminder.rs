//! A message template that was sent to one or many patients at once.

use sea_orm::entity::prelude::*;

use crate::{MessageTemplateId, OrganizationId, ReminderId, ReminderStatus, StaffId};

/// A message template that was sent to one or many patients at once.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reminder")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReminderId,
    /// What is sent.
    pub template_id: MessageTemplateId,
    /// Chosen by the client; unique for who sent it.
    pub idempotency_key: String,
    /// A hash of what was asked for, so that a reused key is told from a retry.
    pub request: Vec<u8>,
    /// Who sent it.
    pub created_by: StaffId,
    /// When.
    pub created_at: DateTimeUtc,
    /// For which local time of each patient, such as `2027-03-28T09:00:00`; none sends at once.
    pub local_time: Option<String>,
    /// What could not leave until then does not leave any more.
    pub expires_at: Option<DateTimeUtc>,
    /// Where it stands.
    pub status: ReminderStatus,
    /// When the next of its messages is to leave; none when nothing is left to do.
    pub due_at: Option<DateTimeUtc>,
    /// How many patients were chosen.
    pub recipients: i32,
    /// To how many of them the message has left.
    pub sent: i32,
    /// How many of them get none.
    pub skipped: i32,
    /// For how many of them it was cancelled.
    pub cancelled: i32,
    /// How often the server failed with all of it since a message left, or was decided not to.
    pub attempts: i32,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
