//! One signed-in device of one person.

use sea_orm::entity::prelude::*;

use crate::{OrganizationId, PersonKind, SessionId};

/// One signed-in device of one person.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// Whose it is.
    pub person_kind: PersonKind,
    /// Whose it is.
    pub person_id: Uuid,
    /// When it was stored.
    pub created_at: DateTimeUtc,
    /// When the newest refresh token runs out.
    pub expires_at: DateTimeUtc,
    /// When it was ended by hand.
    pub revoked_at: Option<DateTimeUtc>,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
