//! Message templates, and what notification texts were before.

use sea_orm_migration::prelude::*;

use crate::table::{Column::*, Table};

/// Message templates, and what notification texts were before.
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
        Table::new("message_template", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("name", Text)
            .nullable("category", Text)
            .column("source_language", Text)
            .column("created_by", Uuid)
            .column("created_at", Timestamp)
            .unique(&["organization_id", "name"])
            .references(&["organization_id"], "organization", &["id"]),
        Table::new(
            "message_template_text",
            &["organization_id", "template_id", "language", "version"],
        )
        .column("organization_id", Uuid)
        .column("template_id", Uuid)
        .column("language", Text)
        .column("version", Integer)
        .column("title", Text)
        .column("html", Text)
        .column("text", Text)
        .nullable("source_version", Integer)
        .column("state", Text)
        .column("written_by", Uuid)
        .column("written_at", Timestamp)
        .nullable("approved_by", Uuid)
        .nullable("approved_at", Timestamp)
        .nullable("retired_by", Uuid)
        .nullable("retired_at", Timestamp)
        .references(
            &["organization_id", "template_id"],
            "message_template",
            &["organization_id", "id"],
        ),
        Table::new(
            "notification_template_change",
            &["organization_id", "number"],
        )
        .column("organization_id", Uuid)
        .column("number", BigInteger)
        .column("purpose", Text)
        .column("channel", Text)
        .column("language", Text)
        .column("reset", Boolean)
        .nullable("subject_before", Text)
        .nullable("body_before", Text)
        .column("changed_by", Uuid)
        .column("changed_at", Timestamp)
        .references(&["organization_id"], "organization", &["id"]),
    ]
}
