//! Files: uploads, what messages and charts hold of them, and who downloaded them.

use sea_orm_migration::prelude::*;

use crate::table::{Column::*, Table};

/// Files: uploads, what messages and charts hold of them, and who downloaded them.
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
        Table::new("attachment", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("uploaded_by_kind", Text)
            .column("uploaded_by_id", Uuid)
            .column("patient_id", Uuid)
            .column("file_name", Text)
            .column("length", BigInteger)
            .column("received", BigInteger)
            .nullable("media_type", Text)
            .nullable("expected_sha256", Binary)
            .nullable("sha256", Binary)
            .column("status", Text)
            .nullable("disposal", Text)
            .nullable("expires_at", Timestamp)
            .column("due_at", Timestamp)
            .column("attempts", Integer)
            .nullable("leased_until", Timestamp)
            .nullable("leased_by", Uuid)
            .nullable("thumbnail_width", Integer)
            .nullable("thumbnail_height", Integer)
            .nullable("thumbnail_length", Integer)
            .column("created_at", Timestamp)
            .index(&["organization_id", "uploaded_by_id", "expires_at"])
            .index(&["status", "due_at"])
            .index(&["disposal"])
            .index(&["expires_at"])
            .references(
                &["organization_id", "patient_id"],
                "patient",
                &["organization_id", "id"],
            ),
        Table::new("chart_document", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("patient_id", Uuid)
            .column("attachment_id", Uuid)
            .column("kind", Text)
            .column("dated", Date)
            .column("title", Text)
            .column("created_by", Uuid)
            .column("created_at", Timestamp)
            .unique(&["organization_id", "attachment_id"])
            .index(&["organization_id", "patient_id", "dated", "id"])
            .references(
                &["organization_id", "patient_id"],
                "patient",
                &["organization_id", "id"],
            )
            .references(
                &["organization_id", "attachment_id"],
                "attachment",
                &["organization_id", "id"],
            ),
        Table::new(
            "message_attachment",
            &["organization_id", "message_id", "ordinal"],
        )
        .column("organization_id", Uuid)
        .column("message_id", Uuid)
        .column("ordinal", Integer)
        .column("attachment_id", Uuid)
        .column("conversation_id", Uuid)
        .index(&["organization_id", "attachment_id"])
        .references(
            &["organization_id", "message_id"],
            "message",
            &["organization_id", "id"],
        )
        .references(
            &["organization_id", "attachment_id"],
            "attachment",
            &["organization_id", "id"],
        ),
        Table::new("download", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("attachment_id", Uuid)
            .column("form", Text)
            .column("reached_by", Uuid)
            .column("person_kind", Text)
            .column("person_id", Uuid)
            .column("session_id", Uuid)
            .column("source", Text)
            .column("created_at", Timestamp)
            .index(&["organization_id", "attachment_id", "created_at"])
            .references(&["organization_id"], "organization", &["id"]),
    ]
}
