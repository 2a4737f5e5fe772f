//! A password.

use sea_orm::entity::prelude::*;

use crate::{OrganizationId, PasswordHash, PersonKind};

/// A password.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "credential")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_kind: PersonKind,
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    /// Argon2id.
    pub password_hash: PasswordHash,
    /// When it was set.
    pub changed_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
