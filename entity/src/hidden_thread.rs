//! A conversation that a staff member has hidden from their own lists, until the patient writes again.

use sea_orm::entity::prelude::*;

use crate::{ConversationId, OrganizationId, StaffId};

/// A conversation that a staff member has hidden from their own lists, until the patient writes again.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hidden_thread")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The conversation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: ConversationId,
    /// Who has hidden it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: StaffId,
    /// Since when.
    pub hidden_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
