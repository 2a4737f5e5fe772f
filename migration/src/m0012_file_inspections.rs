//! Why a file counts as not scanned, and the downloads of one file in their order.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Column::*, add_nullable, drop_columns};

/// Why a file counts as not scanned, and the downloads of one file in their order.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OF_ATTACHMENT: &[(&str, Column)] = &[("unscanned_because", Text)];
const DOWNLOADS: &str = "download_index_attachment_id_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_nullable(manager, "attachment", OF_ATTACHMENT).await?;
        // Until now a file was hardly ever called so for another reason.
        manager
            .get_connection()
            .execute_unprepared(
                "update attachment set unscanned_because = 'NO_SCANNER' where status = 'UNSCANNED'",
            )
            .await?;
        let mut index = Index::create();
        index.name(DOWNLOADS).table("download");
        for column in ["organization_id", "attachment_id", "id"] {
            index.col(column);
        }
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop().name(DOWNLOADS).table("download").to_owned();
        manager.drop_index(index).await?;
        drop_columns(manager, "attachment", OF_ATTACHMENT).await
    }
}
