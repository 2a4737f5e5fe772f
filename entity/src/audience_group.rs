//! A named set of patients or staff members.

use sea_orm::entity::prelude::*;

use crate::{GroupId, GroupKind, OrganizationId};

/// A named set of patients or staff members.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audience_group")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: GroupKind,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
