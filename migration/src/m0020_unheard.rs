//! Whoever waited before anybody was told of it: whether anybody listens to them is found out as soon as a server runs.

use sea_orm_migration::prelude::*;

/// Whoever waited before anybody was told of it: whether anybody listens to them is found out as soon as a server runs.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const LOOK: &str = "update conversation set look_at = unanswered_since where unanswered_since is not null and look_at is null";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(LOOK).await?;
        Ok(())
    }

    /// A look that is not needed does no harm.
    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
