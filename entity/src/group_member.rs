//! Who is in a group.

use sea_orm::entity::prelude::*;

use crate::{GroupId, OrganizationId};

/// Who is in a group.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "group_member")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub group_id: GroupId,
    /// A patient's or staff member's id, after the group's kind.
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: Uuid,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
