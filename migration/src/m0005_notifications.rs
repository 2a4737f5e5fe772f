//! The outbox, links, the development outbox and notification templates.

use sea_orm_migration::prelude::*;

use crate::table::{Column::*, Table};

/// The outbox, links, the development outbox and notification templates.
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
        Table::new("notification", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("purpose", Text)
            .nullable("recipient_kind", Text)
            .nullable("recipient_id", Uuid)
            .nullable("channel", Text)
            .nullable("patient_id", Uuid)
            .nullable("conversation_id", Uuid)
            .nullable("seq", BigInteger)
            .nullable("subject_id", Uuid)
            .nullable("coalesce_key", Text)
            .column("status", Text)
            .column("due_at", Timestamp)
            .column("attempts", Integer)
            .nullable("leased_until", Timestamp)
            .nullable("leased_by", Uuid)
            .nullable("last_error", Text)
            .column("created_at", Timestamp)
            .nullable("settled_at", Timestamp)
            .unique(&["organization_id", "coalesce_key"])
            .index(&["organization_id", "status", "id"])
            .index(&["status", "channel", "due_at"])
            .index(&["organization_id", "conversation_id"]),
        Table::new("link", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("token_hash", Binary)
            .column("person_kind", Text)
            .column("person_id", Uuid)
            .column("purpose", Text)
            .nullable("conversation_id", Uuid)
            .nullable("invitation_id", Uuid)
            .column("expires_at", Timestamp)
            .column("created_at", Timestamp)
            .unique(&["token_hash", "organization_id"])
            .index(&["expires_at"]),
        Table::new("development_message", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("channel", Text)
            .column("recipient", Text)
            .nullable("subject", Text)
            .column("text", Text)
            .nullable("html", Text)
            .column("created_at", Timestamp)
            .references(&["organization_id"], "organization", &["id"]),
        Table::new(
            "notification_template",
            &["organization_id", "purpose", "channel", "language"],
        )
        .column("organization_id", Uuid)
        .column("purpose", Text)
        .column("channel", Text)
        .column("language", Text)
        .nullable("subject", Text)
        .column("body", Text)
        .column("updated_by", Uuid)
        .column("updated_at", Timestamp)
        .references(&["organization_id"], "organization", &["id"]),
    ]
}
