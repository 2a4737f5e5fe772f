//! The ordered event log of each organization.

use sea_orm_migration::prelude::*;

use crate::table::{Column::*, Table};

/// The ordered event log of each organization.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            table.create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables().into_iter().rev() {
            table.drop(manager).await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("event_log", &["organization_id"])
            .column("organization_id", Uuid)
            .column("head", BigInteger)
            .column("pruned_through", BigInteger),
        Table::new("event", &["organization_id", "position"])
            .column("organization_id", Uuid)
            .column("position", BigInteger)
            .column("kind", Text)
            .nullable("conversation_id", Uuid)
            .nullable("patient_id", Uuid)
            .nullable("message_id", Uuid)
            .nullable("actor_kind", Text)
            .nullable("actor_id", Uuid)
            .nullable("subject_kind", Text)
            .nullable("subject_id", Uuid)
            .nullable("session_id", Uuid)
            .column("audience", Binary)
            .column("created_at", Timestamp)
            .index(&["organization_id", "conversation_id", "position"]),
    ]
}
