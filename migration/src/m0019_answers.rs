//! Since when patients wait for an answer, until when they can expect it, and whether anybody listens; and what of a text that
//! could not be placed is remarkable.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Column::*, add_nullable, drop_columns};

/// Since when patients wait for an answer, until when they can expect it, and whether anybody listens; and what of a text that
/// could not be placed is remarkable.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OF_CONVERSATION: &[(&str, Column)] = &[
    ("unanswered_since", Timestamp),
    ("answer_due_at", Timestamp),
    ("overdue_told_at", Timestamp),
    ("unattended_since", Timestamp),
    ("look_at", Timestamp),
];
const OF_QUARANTINE: &[(&str, Column)] = &[("remarks", SmallInteger)];

/// What the patients wrote last and nobody has answered yet.
const FIND_UNANSWERED: &str = "update conversation set unanswered_since = (select min(m.created_at) from message m \
    where m.organization_id = conversation.organization_id and m.conversation_id = conversation.id \
    and m.kind = 'MESSAGE' and m.author_kind = 'PATIENT' and m.seq > coalesce((select max(a.seq) from message a \
    where a.organization_id = conversation.organization_id and a.conversation_id = conversation.id \
    and a.kind = 'MESSAGE' and a.author_kind = 'STAFF'), 0)) where last_author_kind = 'PATIENT' and status = 'OPEN'";

/// Whether anybody listens to them is found out as soon as a server runs.
const LOOK: &str =
    "update conversation set look_at = unanswered_since where unanswered_since is not null";

const INDEXES: &[(&str, &str)] = &[
    (
        "conversation_unanswered",
        "conversation (organization_id, id) where unanswered_since is not null",
    ),
    (
        "conversation_unattended",
        "conversation (organization_id, unattended_since, id) where unattended_since is not null",
    ),
    (
        "conversation_look",
        "conversation (look_at) where look_at is not null",
    ),
    (
        "quarantined_text_remarks",
        "quarantined_text (organization_id, state, remarks, id)",
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_nullable(manager, "conversation", OF_CONVERSATION).await?;
        let connection = manager.get_connection();
        connection.execute_unprepared(FIND_UNANSWERED).await?;
        connection.execute_unprepared(LOOK).await?;
        connection
            .execute_unprepared(
                "alter table quarantined_text add column remarks smallint not null default 0",
            )
            .await?;
        for (name, on) in INDEXES {
            let create = format!("create index {name} on {on}");
            connection.execute_unprepared(&create).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            let drop = format!("drop index {name}");
            manager.get_connection().execute_unprepared(&drop).await?;
        }
        drop_columns(manager, "quarantined_text", OF_QUARANTINE).await?;
        drop_columns(manager, "conversation", OF_CONVERSATION).await
    }
}
