//! Who may be texted: enrolments, numbers that want no texts, and what was agreed to; and what is remarkable of a message.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Column::*, Table, add_nullable, drop_columns};

/// Who may be texted: enrolments, numbers that want no texts, and what was agreed to; and what is remarkable of a message.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OF_MESSAGE: &[(&str, Column)] = &[("urgent", Boolean), ("opt_out_wish", Boolean)];
const OF_CONVERSATION: &[(&str, Column)] = &[("last_patient_channel", Text)];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            table.create(manager).await?;
        }
        // The messages that are there already were alerted like any other.
        for (name, _) in OF_MESSAGE {
            let add =
                format!("alter table message add column {name} boolean not null default false");
            manager.get_connection().execute_unprepared(&add).await?;
        }
        add_nullable(manager, "conversation", OF_CONVERSATION).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "conversation", OF_CONVERSATION).await?;
        drop_columns(manager, "message", OF_MESSAGE).await?;
        for table in tables().into_iter().rev() {
            table.drop(manager).await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("texting_enrolment", &["organization_id", "patient_id"])
            .column("organization_id", Uuid)
            .column("patient_id", Uuid)
            .column("number", Text)
            .column("status", Text)
            .column("since", Timestamp)
            .nullable("asked_at", Timestamp)
            .column("wrong_answers", Integer)
            .nullable("failure", Text)
            .nullable("opted_out_by", Text)
            .nullable("status_before", Text)
            .nullable("asked_by", Uuid)
            .index(&["status", "asked_at"])
            .references(
                &["organization_id", "patient_id"],
                "patient",
                &["organization_id", "id"],
            ),
        Table::new("number_block", &["organization_id", "number"])
            .column("organization_id", Uuid)
            .column("number", Text)
            .column("created_at", Timestamp)
            .references(&["organization_id"], "organization", &["id"]),
        Table::new("texting_consent", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("patient_id", Uuid)
            .column("number", Text)
            .column("change", Text)
            .column("source", Text)
            .column("wording", Text)
            .column("language", Text)
            .nullable("staff_id", Uuid)
            .column("created_at", Timestamp)
            .index(&["organization_id", "patient_id", "id"])
            .references(
                &["organization_id", "patient_id"],
                "patient",
                &["organization_id", "id"],
            ),
    ]
}
