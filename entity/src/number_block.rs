//! A number to which an organization sends no texts, because STOP came from it.

use sea_orm::entity::prelude::*;

use crate::{OrganizationId, PhoneNumber};

/// A number to which an organization sends no texts, because STOP came from it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "number_block")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// In E.164.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: PhoneNumber,
    /// When STOP came.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
