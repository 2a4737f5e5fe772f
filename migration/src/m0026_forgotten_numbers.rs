//! Numbers of whoever texted are forgotten once nobody asks for them any more; these are found without reading all texts.

use sea_orm_migration::prelude::*;

/// Numbers of whoever texted are forgotten once nobody asks for them any more; these are found without reading all texts.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const INDEXES: &[(&str, &str)] = &[
    (
        "inbound_text_with_number",
        "inbound_text (applied_at) where applied_at is not null and their_number <> ''",
    ),
    (
        "automatic_answer_answered",
        "automatic_answer (answered_at)",
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, on) in INDEXES {
            let create = format!("create index {name} on {on}");
            manager.get_connection().execute_unprepared(&create).await?;
        }
        Ok(())
    }

    /// What was forgotten stays so.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            let drop = format!("drop index {name}");
            manager.get_connection().execute_unprepared(&drop).await?;
        }
        Ok(())
    }
}
