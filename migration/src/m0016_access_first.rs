//! What somebody waits for who wants to sign in is found without looking at all else that waits.

use sea_orm_migration::prelude::*;

/// What somebody waits for who wants to sign in is found without looking at all else that waits.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(
                "create index notification_access on notification (due_at) where status = 'PENDING' and channel = 'EMAIL' \
                 and purpose in ('SIGN_IN_CODE', 'PASSWORD_RESET')",
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared("drop index notification_access")
            .await?;
        Ok(())
    }
}
