//! Counters of attempts in fixed windows, shared by all nodes. Keys are hashes; no organization is known yet when they count.

use sea_orm::entity::prelude::*;

/// Counters of attempts in fixed windows, shared by all nodes. Keys are hashes; no organization is known yet when they count.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "throttle")]
pub struct Model {
    /// SHA-256 of what is counted.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: Vec<u8>,
    /// Seconds since 1970.
    pub window_start: i64,
    /// How often it was tried.
    pub attempts: i32,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
