//! Reminders from message templates, who gets them, how often each patient has had each, and scheduled messages.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Column::*, Table, add_nullable, drop_columns};

/// Reminders from message templates, who gets them, how often each patient has had each, and scheduled messages.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OF_MESSAGE: &[(&str, Column)] = &[
    ("template_id", Uuid),
    ("template_language", Text),
    ("template_version", Integer),
];
const OF_EVENT: &[(&str, Column)] = &[("reminder_id", Uuid)];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_nullable(manager, "message", OF_MESSAGE).await?;
        add_nullable(manager, "event", OF_EVENT).await?;
        for table in tables() {
            table.create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables().into_iter().rev() {
            table.drop(manager).await?;
        }
        drop_columns(manager, "event", OF_EVENT).await?;
        drop_columns(manager, "message", OF_MESSAGE).await
    }
}

fn tables() -> Vec<Table> {
    vec![
        reminder(),
        recipient(),
        patient_template(),
        scheduled_message(),
        Table::new("template_use", &["organization_id", "template_id"])
            .column("organization_id", Uuid)
            .column("template_id", Uuid)
            .column("times", BigInteger)
            .column("last_sent_at", Timestamp)
            .column("last_sent_by", Uuid)
            .references(
                &["organization_id", "template_id"],
                "message_template",
                &["organization_id", "id"],
            ),
        Table::new("reminder_day", &["organization_id", "patient_id"])
            .column("organization_id", Uuid)
            .column("patient_id", Uuid)
            .column("day", Date)
            .column("times", Integer)
            .references(
                &["organization_id", "patient_id"],
                "patient",
                &["organization_id", "id"],
            ),
    ]
}

/// The index on what is due belongs to no organization: workers look for the work of all.
pub(crate) fn scheduled_message() -> Table {
    Table::new("scheduled_message", &["organization_id", "id"])
        .column("organization_id", Uuid)
        .column("id", Uuid)
        .column("conversation_id", Uuid)
        .column("author_id", Uuid)
        .nullable("template_id", Uuid)
        .nullable("body", Text)
        .nullable("html", Text)
        .nullable("allow_reply", Boolean)
        .column("idempotency_key", Text)
        .column("local_time", Text)
        .column("time_zone", Text)
        .column("due_at", Timestamp)
        .nullable("rests_until", Timestamp)
        .nullable("expires_at", Timestamp)
        .column("status", Text)
        .nullable("refusal", Text)
        .nullable("message_id", Uuid)
        .column("created_at", Timestamp)
        .nullable("settled_at", Timestamp)
        .unique(&["organization_id", "idempotency_key"])
        .index(&["organization_id", "conversation_id", "id"])
        .index(&["status", "due_at"])
        .references(
            &["organization_id", "conversation_id"],
            "conversation",
            &["organization_id", "id"],
        )
        .references(
            &["organization_id", "template_id"],
            "message_template",
            &["organization_id", "id"],
        )
}

/// The index on what is due belongs to no organization: workers look for the work of all.
fn reminder() -> Table {
    Table::new("reminder", &["organization_id", "id"])
        .column("organization_id", Uuid)
        .column("id", Uuid)
        .column("template_id", Uuid)
        .column("idempotency_key", Text)
        .column("request", Binary)
        .column("created_by", Uuid)
        .column("created_at", Timestamp)
        .nullable("local_time", Text)
        .nullable("expires_at", Timestamp)
        .column("status", Text)
        .nullable("due_at", Timestamp)
        .column("recipients", Integer)
        .column("sent", Integer)
        .column("skipped", Integer)
        .column("cancelled", Integer)
        .unique(&["organization_id", "idempotency_key"])
        .index(&["due_at"])
        .references(
            &["organization_id", "template_id"],
            "message_template",
            &["organization_id", "id"],
        )
}

fn recipient() -> Table {
    Table::new(
        "reminder_recipient",
        &["organization_id", "reminder_id", "patient_id"],
    )
    .column("organization_id", Uuid)
    .column("reminder_id", Uuid)
    .column("patient_id", Uuid)
    .column("status", Text)
    .nullable("reason", Text)
    .nullable("language", Text)
    .nullable("version", Integer)
    .nullable("channel", Text)
    .nullable("due_at", Timestamp)
    .nullable("message_id", Uuid)
    .nullable("settled_at", Timestamp)
    .index(&["organization_id", "reminder_id", "status", "due_at"])
    .references(
        &["organization_id", "reminder_id"],
        "reminder",
        &["organization_id", "id"],
    )
    .references(
        &["organization_id", "patient_id"],
        "patient",
        &["organization_id", "id"],
    )
}

fn patient_template() -> Table {
    Table::new(
        "patient_template",
        &["organization_id", "patient_id", "template_id"],
    )
    .column("organization_id", Uuid)
    .column("patient_id", Uuid)
    .column("template_id", Uuid)
    .column("times", BigInteger)
    .column("last_sent_at", Timestamp)
    .column("last_sent_by", Uuid)
    .references(
        &["organization_id", "patient_id"],
        "patient",
        &["organization_id", "id"],
    )
    .references(
        &["organization_id", "template_id"],
        "message_template",
        &["organization_id", "id"],
    )
}
