//! A clinic's own text around the link (NOT-5).

use sea_orm::entity::prelude::*;

use crate::{Channel, NotificationPurpose, OrganizationId, StaffId};

/// A clinic's own text around the link (NOT-5).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_template")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// What it is for.
    #[sea_orm(primary_key, auto_increment = false)]
    pub purpose: NotificationPurpose,
    /// How it travels.
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel: Channel,
    /// BCP 47 tag.
    #[sea_orm(primary_key, auto_increment = false)]
    pub language: String,
    /// Of an e-mail; none for a text message.
    pub subject: Option<String>,
    /// Its text.
    pub body: String,
    /// Who wrote it.
    pub updated_by: StaffId,
    /// When it was written.
    pub updated_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
