//! What fails again and again ends, and whoever waits for it is told.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Column::*, add_nullable, drop_columns};

/// What fails again and again ends, and whoever waits for it is told.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OF_EVENT: &[(&str, Column)] = &[("scheduled_message_id", Uuid)];
const OF_SCHEDULED: &[(&str, Column)] = &[("attempts", Integer)];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_nullable(manager, "event", OF_EVENT).await?;
        run(
            manager,
            "alter table scheduled_message add column attempts integer not null default 0",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "scheduled_message", OF_SCHEDULED).await?;
        drop_columns(manager, "event", OF_EVENT).await
    }
}

async fn run(manager: &SchemaManager<'_>, statement: &str) -> Result<(), DbErr> {
    manager
        .get_connection()
        .execute_unprepared(statement)
        .await?;
    Ok(())
}
