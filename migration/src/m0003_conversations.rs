//! Conversations, messages and how far each person has read.

use sea_orm_migration::prelude::*;

use crate::table::{Column::*, Table};

/// Conversations, messages and how far each person has read.
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
        Table::new("conversation", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("kind", Text)
            .column("patient_id", Uuid)
            .column("seq", BigInteger)
            .column("visible_seq", BigInteger)
            .column("activity_at", Timestamp)
            .column("created_at", Timestamp)
            .unique(&["organization_id", "patient_id", "kind"])
            .index(&["organization_id", "activity_at", "id"])
            .references(
                &["organization_id", "patient_id"],
                "patient",
                &["organization_id", "id"],
            ),
        Table::new("message", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("conversation_id", Uuid)
            .column("seq", BigInteger)
            .column("visible_seq", BigInteger)
            .column("author_kind", Text)
            .column("author_id", Uuid)
            .column("author_ordinal", BigInteger)
            .column("kind", Text)
            .column("channel", Text)
            .column("body", Text)
            .column("idempotency_key", Text)
            .column("position", BigInteger)
            .column("created_at", Timestamp)
            .unique(&["organization_id", "conversation_id", "seq"])
            .unique(&[
                "organization_id",
                "conversation_id",
                "author_kind",
                "idempotency_key",
            ])
            .index(&["organization_id", "conversation_id", "author_id", "seq"])
            .references(
                &["organization_id", "conversation_id"],
                "conversation",
                &["organization_id", "id"],
            ),
        Table::new(
            "read_cursor",
            &[
                "organization_id",
                "conversation_id",
                "person_kind",
                "person_id",
            ],
        )
        .column("organization_id", Uuid)
        .column("conversation_id", Uuid)
        .column("person_kind", Text)
        .column("person_id", Uuid)
        .column("seq", BigInteger)
        .column("visible_seq", BigInteger)
        .column("own_total", BigInteger)
        .column("own_seen", BigInteger)
        .column("reminded_seq", BigInteger)
        .nullable("read_at", Timestamp)
        .references(
            &["organization_id", "conversation_id"],
            "conversation",
            &["organization_id", "id"],
        ),
    ]
}
