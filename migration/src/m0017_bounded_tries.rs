//! What fails again and again ends, and whoever waits for it is told; records of downloads that outlast their files, and that are
//! found when their time is over, as words are that are not needed any more.

use sea_orm_migration::prelude::*;

use crate::table::{Column, Column::*, add_nullable, drop_columns};

/// Bounded tries, records of downloads that outlast their files, and words that go when they are not needed any more.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OF_EVENT: &[(&str, Column)] = &[("scheduled_message_id", Uuid)];
const OF_DOWNLOAD: &[(&str, Column)] = &[("patient_id", Uuid)];
const TRIES: &[(&str, Column)] = &[("attempts", Integer)];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_nullable(manager, "download", OF_DOWNLOAD).await?;
        for statement in [
            "alter table scheduled_message add column attempts integer not null default 0",
            "alter table reminder_recipient add column attempts integer not null default 0",
            "alter table reminder add column attempts integer not null default 0",
            "create index scheduled_file_index_attachment_id on scheduled_file (organization_id, attachment_id)",
            "create index scheduled_message_words on scheduled_message (settled_at) \
             where settled_at is not null and (body is not null or title is not null)",
            // What is known still of the downloads before.
            "update download set patient_id = (select a.patient_id from attachment a \
             where a.organization_id = download.organization_id and a.id = download.attachment_id)",
            "create index download_index_patient_id_id on download (organization_id, patient_id, id)",
            "create index download_created_at on download (created_at)",
        ] {
            run(manager, statement).await?;
        }
        // The log comes last: everything that is written adds to it, and waits from here on until the migration is stored.
        add_nullable(manager, "event", OF_EVENT).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in [
            "scheduled_file_index_attachment_id",
            "scheduled_message_words",
            "download_index_patient_id_id",
            "download_created_at",
        ] {
            run(manager, &format!("drop index {index}")).await?;
        }
        drop_columns(manager, "download", OF_DOWNLOAD).await?;
        drop_columns(manager, "reminder", TRIES).await?;
        drop_columns(manager, "reminder_recipient", TRIES).await?;
        drop_columns(manager, "scheduled_message", TRIES).await?;
        drop_columns(manager, "event", OF_EVENT).await
    }
}

async fn run(manager: &SchemaManager<'_>, statement: &str) -> Result<(), DbErr> {
    manager
        .get_connection()
        .execute_unprepared(statement)
        .await?;
    Ok(())
}
