//! A practice or clinic: the tenant.

use sea_orm::entity::prelude::*;

use crate::OrganizationId;

/// A practice or clinic: the tenant.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organization")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrganizationId,
    /// What patients read in notifications.
    pub name: String,
    /// The short name that people type when they sign in; unique in the installation.
    pub slug: String,
    /// IANA name.
    pub time_zone: String,
    /// BCP 47 tag of the language that stands in when a person's own has no text.
    pub default_language: String,
    /// Policy as data; see the domain's `Settings`.
    pub settings: Json,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
