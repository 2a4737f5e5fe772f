//! A staff member who takes part in a conversation.

use sea_orm::entity::prelude::*;

use crate::{ConversationId, OrganizationId, StaffId};

/// A staff member who takes part in a conversation: one of those to whom it is addressed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "participant")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The conversation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: ConversationId,
    /// Who takes part.
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: StaffId,
    /// Who added them.
    pub added_by: StaffId,
    /// When they were added.
    pub added_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
