//! Scheduled messages that begin a conversation or have files, and that wait for whoever has not seen what came between; keys
//! of scheduled messages and of reminders that are their author's own.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::table::{Column::*, Table};

/// Scheduled messages that begin a conversation or have files, and keys that are their author's own.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: &str = "organization_id, id, conversation_id, author_id, template_id, body, html, allow_reply, idempotency_key, local_time, \
                       time_zone, due_at, rests_until, expires_at, status, refusal, message_id, created_at, settled_at";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager, "reminder", "idempotency_key").await?;
        let own = ["organization_id", "created_by", "idempotency_key"];
        unique(manager, "reminder", &own).await?;
        // SQLite cannot let a column be empty that was not: the table is made anew.
        set_aside(
            manager,
            &[
                "unique_idempotency_key",
                "index_conversation_id_id",
                "index_status_due_at",
            ],
        )
        .await?;
        scheduled_message().create(manager).await?;
        // What waits already is told from other requests by its key alone: a digest that nothing has.
        let empty = if manager.get_database_backend() == DbBackend::Postgres {
            "''::bytea"
        } else {
            "x''"
        };
        let columns = COLUMNS.split(", ").map(|name| format!("s.{name}"));
        let from = columns.collect::<Vec<_>>().join(", ");
        run(
            manager,
            &format!(
                "insert into scheduled_message ({COLUMNS}, patient_id, request) select {from}, c.patient_id, {empty} \
                 from scheduled_message_before s \
                 join conversation c on c.organization_id = s.organization_id and c.id = s.conversation_id"
            ),
        )
        .await?;
        run(manager, "drop table scheduled_message_before").await?;
        for table in parts() {
            table.create(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in parts().into_iter().rev() {
            table.drop(manager).await?;
        }
        set_aside(
            manager,
            &[
                "unique_author_id_idempotency_key",
                "index_conversation_id_id",
                "index_patient_id_id",
                "index_status_due_at",
            ],
        )
        .await?;
        crate::m0010_reminders::scheduled_message()
            .create(manager)
            .await?;
        run(
            manager,
            &format!(
                "insert into scheduled_message ({COLUMNS}) select {COLUMNS} from scheduled_message_before \
                 where conversation_id is not null"
            ),
        )
        .await?;
        run(manager, "drop table scheduled_message_before").await?;
        drop_index(manager, "reminder", "created_by_idempotency_key").await?;
        unique(manager, "reminder", &["organization_id", "idempotency_key"]).await
    }
}

/// The index on what is due belongs to no organization: workers look for the work of all.
fn scheduled_message() -> Table {
    Table::new("scheduled_message", &["organization_id", "id"])
        .column("organization_id", Uuid)
        .column("id", Uuid)
        .column("patient_id", Uuid)
        .nullable("conversation_id", Uuid)
        .column("author_id", Uuid)
        .nullable("title", Text)
        .nullable("template_id", Uuid)
        .nullable("body", Text)
        .nullable("html", Text)
        .nullable("allow_reply", Boolean)
        .nullable("seen_seq", BigInteger)
        .column("idempotency_key", Text)
        .column("request", Binary)
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
        .unique(&["organization_id", "author_id", "idempotency_key"])
        .index(&["organization_id", "conversation_id", "id"])
        .index(&["organization_id", "patient_id", "id"])
        .index(&["status", "due_at"])
        .references(
            &["organization_id", "patient_id"],
            "patient",
            &["organization_id", "id"],
        )
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

fn parts() -> Vec<Table> {
    let scheduled = &["organization_id", "scheduled_message_id"];
    vec![
        Table::new(
            "scheduled_recipient",
            &["organization_id", "scheduled_message_id", "staff_id"],
        )
        .column("organization_id", Uuid)
        .column("scheduled_message_id", Uuid)
        .column("staff_id", Uuid)
        .references(scheduled, "scheduled_message", &["organization_id", "id"])
        .references(
            &["organization_id", "staff_id"],
            "staff_member",
            &["organization_id", "id"],
        ),
        Table::new(
            "scheduled_file",
            &["organization_id", "scheduled_message_id", "ordinal"],
        )
        .column("organization_id", Uuid)
        .column("scheduled_message_id", Uuid)
        .column("ordinal", Integer)
        .column("attachment_id", Uuid)
        .nullable("document_id", Uuid)
        .references(scheduled, "scheduled_message", &["organization_id", "id"])
        .references(
            &["organization_id", "attachment_id"],
            "attachment",
            &["organization_id", "id"],
        ),
    ]
}

/// Gives the table another name, and its indexes none, so that another one can take both.
async fn set_aside(manager: &SchemaManager<'_>, indexes: &[&str]) -> Result<(), DbErr> {
    for index in indexes {
        run(manager, &format!("drop index scheduled_message_{index}")).await?;
    }
    run(
        manager,
        "alter table scheduled_message rename to scheduled_message_before",
    )
    .await
}

async fn drop_index(manager: &SchemaManager<'_>, table: &str, columns: &str) -> Result<(), DbErr> {
    run(manager, &format!("drop index {table}_unique_{columns}")).await
}

async fn unique(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let distinctive = columns.get(1..).unwrap_or_default().join("_");
    let mut index = Index::create();
    index
        .name(format!("{table}_unique_{distinctive}"))
        .table(table)
        .unique();
    for column in columns {
        index.col(*column);
    }
    manager.create_index(index).await
}

async fn run(manager: &SchemaManager<'_>, statement: &str) -> Result<(), DbErr> {
    manager
        .get_connection()
        .execute_unprepared(statement)
        .await?;
    Ok(())
}
