//! Files of messages: how many a message has, and from which documents of the chart they were taken.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Column::*, add_nullable, drop_columns};

/// Files of messages: how many a message has, and from which documents of the chart they were taken.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OF_MESSAGE: &[(&str, Column)] = &[("attachment_count", Integer)];
const OF_FILE: &[(&str, Column)] = &[("document_id", Uuid)];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The messages that are there already have none.
        manager
            .get_connection()
            .execute_unprepared(
                "alter table message add column attachment_count integer not null default 0",
            )
            .await?;
        add_nullable(manager, "message_attachment", OF_FILE).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "message_attachment", OF_FILE).await?;
        drop_columns(manager, "message", OF_MESSAGE).await
    }
}
