//! Sources from which accounts were signed in to, which strangers' guesses do not slow down.

use sea_orm_migration::prelude::*;

use crate::table::{Column::*, Table};

/// Sources from which accounts were signed in to, which strangers' guesses do not slow down.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table().create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table().drop(manager).await
    }
}

fn table() -> Table {
    Table::new("familiar_source", &["key"])
        .column("key", Binary)
        .column("expires_at", Timestamp)
        .index(&["expires_at"])
}
