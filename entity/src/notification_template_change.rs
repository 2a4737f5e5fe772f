//! What a clinic's notification text was before somebody changed it.

use sea_orm::entity::prelude::*;

use crate::{Channel, NotificationPurpose, OrganizationId, StaffId};

/// What a clinic's notification text was before somebody changed it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_template_change")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Counts the organization's changes from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// What the notification is for.
    pub purpose: NotificationPurpose,
    /// How it travels.
    pub channel: Channel,
    /// BCP 47 tag.
    pub language: String,
    /// Whether the clinic went back to the text that ships, instead of writing another.
    pub reset: bool,
    /// The subject before; none for a text message, or where no text was in force in this language.
    pub subject_before: Option<String>,
    /// The text before; none where no text was in force in this language.
    pub body_before: Option<String>,
    /// Who changed it.
    pub changed_by: StaffId,
    /// When.
    pub changed_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
