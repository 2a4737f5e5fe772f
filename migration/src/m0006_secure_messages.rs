//! Conversations that the clinic begins: titles, who takes part, closing, and rich text.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Column::*, Table, add_nullable, drop_columns};

/// Conversations that the clinic begins: titles, who takes part, closing, and rich text.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OF_CONVERSATION: &[(&str, Column)] = &[
    ("title", Text),
    ("replies", Text),
    ("begun_by", Uuid),
    ("begun_key", Text),
    ("begun_digest", Binary),
    ("last_author_kind", Text),
    ("status_changed_by", Uuid),
    ("status_changed_at", Timestamp),
];
const OF_MESSAGE: &[(&str, Column)] = &[("title", Text), ("html", Text)];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_nullable(manager, "conversation", OF_CONVERSATION).await?;
        add_nullable(manager, "message", OF_MESSAGE).await?;
        // A table that has rows takes a column that is never empty only with a default.
        for statement in [
            "alter table conversation add column status text not null default 'OPEN'",
            "update conversation set last_author_kind = (select m.author_kind from message m where m.organization_id = \
             conversation.organization_id and m.conversation_id = conversation.id and m.kind = 'MESSAGE' order by m.seq desc limit 1)",
            "drop index conversation_unique_patient_id_kind",
            "create unique index conversation_unique_standing on conversation (organization_id, patient_id, kind) \
             where kind in ('CARE_TEAM_CHAT', 'ANNOUNCEMENT')",
            "create unique index conversation_unique_begun_key on conversation (organization_id, begun_by, begun_key)",
            "create index conversation_index_patient_id_activity_at on conversation (organization_id, patient_id, activity_at, id)",
        ] {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        participant().create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        participant().drop(manager).await?;
        for statement in [
            "drop index conversation_index_patient_id_activity_at",
            "drop index conversation_unique_begun_key",
            "drop index conversation_unique_standing",
            "create unique index conversation_unique_patient_id_kind on conversation (organization_id, patient_id, kind)",
            "alter table conversation drop column status",
        ] {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        drop_columns(manager, "message", OF_MESSAGE).await?;
        drop_columns(manager, "conversation", OF_CONVERSATION).await
    }
}

fn participant() -> Table {
    Table::new(
        "participant",
        &["organization_id", "conversation_id", "staff_id"],
    )
    .column("organization_id", Uuid)
    .column("conversation_id", Uuid)
    .column("staff_id", Uuid)
    .column("added_by", Uuid)
    .column("added_at", Timestamp)
    .index(&["organization_id", "staff_id"])
    .references(
        &["organization_id", "conversation_id"],
        "conversation",
        &["organization_id", "id"],
    )
    .references(
        &["organization_id", "staff_id"],
        "staff_member",
        &["organization_id", "id"],
    )
}
