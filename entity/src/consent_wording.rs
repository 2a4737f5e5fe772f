//! A version of the text that patients agree to when they accept an invitation.

use sea_orm::entity::prelude::*;

use crate::OrganizationId;

/// A version of the text that patients agree to when they accept an invitation.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "consent_wording")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Counts from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// BCP 47 tag.
    #[sea_orm(primary_key, auto_increment = false)]
    pub language: String,
    /// The wording.
    pub text: String,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
