//! Files of which the malware scanner could not read all are scanned again.

use sea_orm_migration::prelude::*;

/// Files of which the malware scanner could not read all are scanned again.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for statement in [
            // What failed before the first verdict counts no more; all of them are due.
            "update attachment set attempts = 0 where unscanned_because = 'NOT_WHOLE'",
            "create index attachment_scanned_again on attachment (due_at) \
             where status = 'UNSCANNED' and unscanned_because = 'NOT_WHOLE' and attempts < 7",
        ] {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection
            .execute_unprepared("drop index attachment_scanned_again")
            .await?;
        Ok(())
    }
}
