//! A staff member to whom a secure message is addressed that is to be begun at a later time.

use sea_orm::entity::prelude::*;

use crate::{OrganizationId, ScheduledMessageId, StaffId};

/// A staff member to whom a secure message is addressed that is to be begun at a later time.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "scheduled_recipient")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The scheduled message.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scheduled_message_id: ScheduledMessageId,
    /// The staff member.
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: StaffId,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
