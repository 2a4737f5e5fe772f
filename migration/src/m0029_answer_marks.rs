//! Who has said of what a patient wrote that it needs no answer; and indexes for lists in the order in which cases are worked
//! on, and for urgent messages that nobody has seen.

use sea_orm_migration::prelude::*;

use crate::table::{Column::*, Table};

/// Who has said of what a patient wrote that it needs no answer; and indexes for lists in the order in which cases are worked
/// on, and for urgent messages that nobody has seen.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const INDEXES: &[(&str, &str)] = &[
    (
        "contact_request_by_due",
        "contact_request (organization_id, \
         (case when first_answer_due_at is not null and first_answered_at is null then 0 else 1 end), \
         (case when first_answer_due_at is not null and first_answered_at is null then first_answer_due_at else opened_at end), \
         conversation_id)",
    ),
    (
        "contact_request_by_priority",
        "contact_request (organization_id, \
         (case priority when 'URGENT' then 0 when 'HIGH' then 1 when 'NORMAL' then 2 else 3 end), opened_at, conversation_id)",
    ),
    (
        "contact_request_by_opening",
        "contact_request (organization_id, opened_at, conversation_id)",
    ),
    (
        "message_urgent",
        "message (organization_id, conversation_id, seq) where urgent",
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table().create(manager).await?;
        for (name, on) in INDEXES {
            let create = format!("create index {name} on {on}");
            manager.get_connection().execute_unprepared(&create).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            let drop = format!("drop index {name}");
            manager.get_connection().execute_unprepared(&drop).await?;
        }
        table().drop(manager).await
    }
}

fn table() -> Table {
    let of = &["organization_id", "conversation_id"];
    Table::new(
        "answer_mark",
        &["organization_id", "conversation_id", "seq"],
    )
    .column("organization_id", Uuid)
    .column("conversation_id", Uuid)
    .column("seq", BigInteger)
    .column("staff_id", Uuid)
    .column("marked_at", Timestamp)
    .references(of, "conversation", &["organization_id", "id"])
    .references(
        &["organization_id", "staff_id"],
        "staff_member",
        &["organization_id", "id"],
    )
}
