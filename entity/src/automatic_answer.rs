//! When a number last got the automatic answer to what was written after the end of a case.

use sea_orm::entity::prelude::*;

use crate::{OrganizationId, PhoneNumber};

/// When a number last got the automatic answer to what was written after the end of a case.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "automatic_answer")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The number, in E.164.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: PhoneNumber,
    /// When.
    pub answered_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
