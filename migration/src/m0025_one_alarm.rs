//! That a case has no first answer in time is found out together with what patients were promised: when to look stands with the
//! conversation, and one kind of notification tells of both.

use sea_orm_migration::prelude::*;

/// That a case has no first answer in time is found out together with what patients were promised: when to look stands with the
/// conversation, and one kind of notification tells of both.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const STATEMENTS: &[&str] = &[
    "update conversation set look_at = activity_at where kind = 'CASE' and status = 'OPEN'",
    "update notification set purpose = 'ATTENTION_NEEDED' where purpose = 'CASE_OVERDUE'",
    "update link set purpose = 'ATTENTION_NEEDED' where purpose = 'CASE_OVERDUE'",
    "delete from notification_template where purpose = 'CASE_OVERDUE'",
    "delete from notification_template_change where purpose = 'CASE_OVERDUE'",
    "drop index contact_request_index_due",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in STATEMENTS {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }

    /// A look that is not needed does no harm.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(
                "create index contact_request_index_due on contact_request (first_answer_due_at) \
                 where first_answer_due_at is not null and first_answered_at is null and overdue_told_at is null",
            )
            .await?;
        Ok(())
    }
}
