//! Organizations, staff members, patients, programs, groups and care team panels.

use sea_orm_migration::prelude::*;

use crate::table::{Column::*, Table};

/// Organizations, staff members, patients, programs, groups and care team panels.
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
        Table::new("organization", &["id"])
            .column("id", Uuid)
            .column("name", Text)
            .column("slug", Text)
            .column("time_zone", Text)
            .column("default_language", Text)
            .column("settings", Json)
            .column("created_at", Timestamp)
            .unique(&["slug"]),
        Table::new("staff_member", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("name", Text)
            .column("profession", Text)
            .column("email", Text)
            .column("email_key", Text)
            .nullable("phone", Text)
            .column("roles", SmallInteger)
            .column("status", Text)
            .column("language", Text)
            .column("notify_new_message", Boolean)
            .column("notify_unread", Boolean)
            .column("notify_texting", Boolean)
            .column("notify_channel", Text)
            .column("created_at", Timestamp)
            .unique(&["organization_id", "email_key"])
            .index(&["organization_id", "name", "id"])
            .references(&["organization_id"], "organization", &["id"]),
        Table::new("patient", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("name", Text)
            .column("date_of_birth", Date)
            .nullable("phone", Text)
            .nullable("email", Text)
            .nullable("email_key", Text)
            .column("language", Text)
            .column("time_zone", Text)
            .column("portal_allowed", Boolean)
            .nullable("enrolled_at", Timestamp)
            .nullable("notify_channel", Text)
            .column("created_at", Timestamp)
            .index(&["organization_id", "name", "id"])
            .index(&["organization_id", "phone"])
            .index(&["organization_id", "email_key"])
            .references(&["organization_id"], "organization", &["id"]),
        Table::new(
            "patient_name_word",
            &["organization_id", "word", "patient_id"],
        )
        .column("organization_id", Uuid)
        .column("word", Text)
        .column("patient_id", Uuid)
        .index(&["organization_id", "patient_id"])
        .references(
            &["organization_id", "patient_id"],
            "patient",
            &["organization_id", "id"],
        ),
        Table::new("program", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("name", Text)
            .unique(&["organization_id", "name"])
            .references(&["organization_id"], "organization", &["id"]),
        Table::new(
            "patient_program",
            &["organization_id", "patient_id", "program_id"],
        )
        .column("organization_id", Uuid)
        .column("patient_id", Uuid)
        .column("program_id", Uuid)
        .references(
            &["organization_id", "patient_id"],
            "patient",
            &["organization_id", "id"],
        )
        .references(
            &["organization_id", "program_id"],
            "program",
            &["organization_id", "id"],
        ),
        Table::new(
            "staff_restriction",
            &["organization_id", "staff_id", "program_id"],
        )
        .column("organization_id", Uuid)
        .column("staff_id", Uuid)
        .column("program_id", Uuid)
        .references(
            &["organization_id", "staff_id"],
            "staff_member",
            &["organization_id", "id"],
        )
        .references(
            &["organization_id", "program_id"],
            "program",
            &["organization_id", "id"],
        ),
        Table::new("audience_group", &["organization_id", "id"])
            .column("organization_id", Uuid)
            .column("id", Uuid)
            .column("name", Text)
            .column("kind", Text)
            .unique(&["organization_id", "name"])
            .references(&["organization_id"], "organization", &["id"]),
        Table::new(
            "group_member",
            &["organization_id", "group_id", "member_id"],
        )
        .column("organization_id", Uuid)
        .column("group_id", Uuid)
        .column("member_id", Uuid)
        .index(&["organization_id", "member_id"])
        .references(
            &["organization_id", "group_id"],
            "audience_group",
            &["organization_id", "id"],
        ),
        Table::new(
            "panel_member",
            &["organization_id", "patient_id", "staff_id"],
        )
        .column("organization_id", Uuid)
        .column("patient_id", Uuid)
        .column("staff_id", Uuid)
        .column("role", Text)
        .column("joined_at", Timestamp)
        .index(&["organization_id", "staff_id"])
        .references(
            &["organization_id", "patient_id"],
            "patient",
            &["organization_id", "id"],
        )
        .references(
            &["organization_id", "staff_id"],
            "staff_member",
            &["organization_id", "id"],
        ),
    ]
}
