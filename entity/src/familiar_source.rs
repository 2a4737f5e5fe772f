//! Sources from which an account was signed in to lately. Keys are hashes; no organization is known yet when they are asked for.

use sea_orm::entity::prelude::*;

/// Sources from which an account was signed in to lately. Keys are hashes; no organization is known yet when they are asked for.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "familiar_source")]
pub struct Model {
    /// A keyed hash of the account and the source.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: Vec<u8>,
    /// Until then it is remembered.
    pub expires_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
