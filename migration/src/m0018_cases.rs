//! Cases: contact requests with their history and the words they are found by, threads that staff have hidden from themselves, and
//! when a number last got an automatic answer.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Column::*, Table, add_nullable, drop_columns};

/// Cases: contact requests with their history and the words they are found by, threads that staff have hidden from themselves, and
/// when a number last got an automatic answer.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OF_CONVERSATION: &[(&str, Column)] = &[("case_status", Text)];
const OF_MESSAGE: &[(&str, Column)] = &[("after_close", Boolean)];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_nullable(manager, "conversation", OF_CONVERSATION).await?;
        for table in tables() {
            table.create(manager).await?;
        }
        for statement in [
            // Nothing could be written after an end before.
            "alter table message add column after_close boolean not null default false",
            "create index conversation_index_case_status on conversation (organization_id, case_status, activity_at, id) \
             where case_status is not null",
            // Workers look for what is overdue in all organizations.
            "create index contact_request_index_due on contact_request (first_answer_due_at) \
             where first_answer_due_at is not null and first_answered_at is null and overdue_told_at is null",
        ] {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables().into_iter().rev() {
            table.drop(manager).await?;
        }
        manager
            .get_connection()
            .execute_unprepared("drop index conversation_index_case_status")
            .await?;
        drop_columns(manager, "message", OF_MESSAGE).await?;
        drop_columns(manager, "conversation", OF_CONVERSATION).await
    }
}

fn tables() -> Vec<Table> {
    let case = &["organization_id", "conversation_id"];
    let of_case = |table: Table| table.references(case, "contact_request", case);
    vec![
        Table::new("contact_request", case)
            .column("organization_id", Uuid)
            .column("conversation_id", Uuid)
            .column("patient_id", Uuid)
            .column("source", Text)
            .nullable("number", Text)
            .nullable("assignee_id", Uuid)
            .column("priority", Text)
            .column("opened_by_kind", Text)
            .column("opened_by_id", Uuid)
            .column("idempotency_key", Text)
            .column("digest", Binary)
            .column("opened_at", Timestamp)
            .nullable("first_answer_due_at", Timestamp)
            .nullable("first_answered_at", Timestamp)
            .nullable("overdue_told_at", Timestamp)
            .unique(&["organization_id", "opened_by_id", "idempotency_key"])
            .index(&["organization_id", "number"])
            .index(&["organization_id", "assignee_id"])
            .references(case, "conversation", &["organization_id", "id"]),
        of_case(
            Table::new(
                "contact_request_change",
                &["organization_id", "conversation_id", "number"],
            )
            .column("organization_id", Uuid)
            .column("conversation_id", Uuid)
            .column("number", BigInteger)
            .column("kind", Text)
            .nullable("before", Text)
            .nullable("after", Text)
            .column("person_kind", Text)
            .column("person_id", Uuid)
            .column("changed_at", Timestamp),
        ),
        of_case(
            Table::new(
                "contact_request_word",
                &["organization_id", "word", "conversation_id"],
            )
            .column("organization_id", Uuid)
            .column("word", Text)
            .column("conversation_id", Uuid)
            .index(case),
        ),
        of_case(
            Table::new(
                "hidden_thread",
                &["organization_id", "conversation_id", "staff_id"],
            )
            .column("organization_id", Uuid)
            .column("conversation_id", Uuid)
            .column("staff_id", Uuid)
            .column("hidden_at", Timestamp)
            .index(&["organization_id", "staff_id"])
            .references(
                &["organization_id", "staff_id"],
                "staff_member",
                &["organization_id", "id"],
            ),
        ),
        Table::new("automatic_answer", &["organization_id", "number"])
            .column("organization_id", Uuid)
            .column("number", Text)
            .column("answered_at", Timestamp)
            .references(&["organization_id"], "organization", &["id"]),
    ]
}
