//! What was set for a later time and has not left, the newest first, for the whole clinic.

use sea_orm_migration::prelude::*;

/// What was set for a later time and has not left, the newest first, for the whole clinic.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection
            .execute_unprepared(
                "create index scheduled_message_stopped on scheduled_message (organization_id, due_at, id) \
                 where status in ('HELD', 'EXPIRED', 'REFUSED', 'FAILED')",
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection
            .execute_unprepared("drop index scheduled_message_stopped")
            .await?;
        Ok(())
    }
}
