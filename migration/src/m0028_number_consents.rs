//! What the owners of numbers agreed to and took back that no patient has.

use sea_orm_migration::prelude::*;

use crate::table::{Column::*, Table};

/// What the owners of numbers agreed to and took back that no patient has.
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
    Table::new("number_consent", &["organization_id", "id"])
        .column("organization_id", Uuid)
        .column("id", Uuid)
        .column("number", Text)
        .column("change", Text)
        .column("source", Text)
        .column("wording", Text)
        .column("language", Text)
        .column("created_at", Timestamp)
        .index(&["organization_id", "number", "id"])
        .references(&["organization_id"], "organization", &["id"])
}
