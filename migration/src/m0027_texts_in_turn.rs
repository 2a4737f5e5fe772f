//! Texts that came in are found gateway by gateway, keywords first, and say how many pictures came with them.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Column::*, drop_columns};

/// Texts that came in are found gateway by gateway, keywords first, and say how many pictures came with them.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OF_INBOUND: &[(&str, Column)] = &[("keyword", Boolean), ("pictures", Integer)];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in [
            "alter table inbound_text add column keyword boolean not null default false",
            "alter table inbound_text add column pictures integer not null default 0",
            "create index inbound_text_turn on inbound_text (gateway_id, keyword desc, due_at, sequence) where state = 'PENDING'",
        ] {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = "drop index inbound_text_turn";
        manager.get_connection().execute_unprepared(index).await?;
        drop_columns(manager, "inbound_text", OF_INBOUND).await
    }
}
