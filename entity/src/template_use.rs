//! How often a message template was sent, moved with the messages and never counted.

use sea_orm::entity::prelude::*;

use crate::{MessageTemplateId, OrganizationId, StaffId};

/// How often a message template was sent, moved with the messages and never counted.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "template_use")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The template.
    #[sea_orm(primary_key, auto_increment = false)]
    pub template_id: MessageTemplateId,
    /// How often, to whomever.
    pub times: i64,
    /// When it was sent last.
    pub last_sent_at: DateTimeUtc,
    /// By whom.
    pub last_sent_by: StaffId,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
