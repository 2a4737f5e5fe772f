//! Invitations, consent and everything about signing in.

use sea_orm_migration::prelude::*;

use crate::table::{Column::*, Table};

/// Invitations, consent and everything about signing in.
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
        Table::new(
            "consent_wording",
            &["organization_id", "version", "language"],
        )
        .column("organization_id", Uuid)
        .column("version", Integer)
        .column("language", Text)
        .column("text", Text)
        .column("created_at", Timestamp)
        .references(&["organization_id"], "organization", &["id"]),
        Table::new("invitation", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("patient_id", Uuid)
            .column("invited_by", Uuid)
            .column("expires_at", Timestamp)
            .nullable("accepted_at", Timestamp)
            .column("created_at", Timestamp)
            .index(&["organization_id", "patient_id"])
            .references(
                &["organization_id", "patient_id"],
                "patient",
                &["organization_id", "id"],
            ),
        Table::new("consent", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("patient_id", Uuid)
            .column("wording_version", Integer)
            .column("wording_language", Text)
            .column("source", Text)
            .column("granted_at", Timestamp)
            .index(&["organization_id", "patient_id"])
            .references(
                &["organization_id", "patient_id"],
                "patient",
                &["organization_id", "id"],
            ),
        Table::new(
            "credential",
            &["organization_id", "person_kind", "person_id"],
        )
        .column("organization_id", Uuid)
        .column("person_kind", Text)
        .column("person_id", Uuid)
        .column("password_hash", Text)
        .column("changed_at", Timestamp),
        Table::new("session", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("person_kind", Text)
            .column("person_id", Uuid)
            .column("created_at", Timestamp)
            .column("expires_at", Timestamp)
            .nullable("revoked_at", Timestamp)
            .index(&["organization_id", "person_id"])
            .index(&["expires_at"]),
        Table::new("refresh_token", &["organization_id", "token_hash"])
            .column("organization_id", Uuid)
            .column("token_hash", Binary)
            .column("session_id", Uuid)
            .column("created_at", Timestamp)
            .nullable("used_at", Timestamp)
            .index(&["organization_id", "session_id"])
            .index(&["created_at"])
            .references(
                &["organization_id", "session_id"],
                "session",
                &["organization_id", "id"],
            ),
        Table::new("one_time_code", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("patient_id", Uuid)
            .column("contact_key", Binary)
            .column("created_at", Timestamp)
            .column("expires_at", Timestamp)
            .column("attempts", Integer)
            .nullable("used_at", Timestamp)
            .index(&["organization_id", "contact_key", "created_at"])
            .index(&["expires_at"])
            .references(
                &["organization_id", "patient_id"],
                "patient",
                &["organization_id", "id"],
            ),
        Table::new("throttle", &["key"])
            .column("key", Binary)
            .column("window_start", BigInteger)
            .column("attempts", Integer),
    ]
}
