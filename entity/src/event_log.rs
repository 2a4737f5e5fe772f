//! The head of an organization's event log. Its row is the lock under which positions are given out.

use sea_orm::entity::prelude::*;

use crate::OrganizationId;

/// The head of an organization's event log. Its row is the lock under which positions are given out.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event_log")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The position of the newest event; 0 before the first.
    pub head: i64,
    /// Events up to this position are gone.
    pub pruned_through: i64,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
