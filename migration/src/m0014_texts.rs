//! Texts: gateways and numbers of organizations, texts in both directions, and what came in and could not be placed.

use sea_orm_migration::prelude::*;

use crate::table::{Column::*, Table};

/// Texts: gateways and numbers of organizations, texts in both directions, and what came in and could not be placed.
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
    vec![gateway(), number(), text(), inbound(), quarantined()]
}

/// A webhook names the gateway only, so its id is unique by itself.
fn gateway() -> Table {
    Table::new("text_gateway", &["organization_id", "id"])
        .column("organization_id", Uuid)
        .column("id", Uuid)
        .column("kind", Text)
        .nullable("base_url", Text)
        .nullable("account", Text)
        .nullable("credential", Binary)
        .nullable("webhook_secret", Binary)
        .nullable("messaging_service", Text)
        .column("texts_per_second", Integer)
        .column("active", Boolean)
        .column("received", BigInteger)
        .column("created_at", Timestamp)
        .column("updated_at", Timestamp)
        .unique(&["id"])
        .references(&["organization_id"], "organization", &["id"])
}

/// A number belongs to one organization in the whole installation.
fn number() -> Table {
    Table::new("text_number", &["organization_id", "id"])
        .column("organization_id", Uuid)
        .column("id", Uuid)
        .column("number", Text)
        .column("gateway_id", Uuid)
        .column("created_at", Timestamp)
        .unique(&["number"])
        .index(&["organization_id", "gateway_id"])
        .references(
            &["organization_id", "gateway_id"],
            "text_gateway",
            &["organization_id", "id"],
        )
}

/// The index on what is queued begins with the gateway: workers look for the work of all organizations.
fn text() -> Table {
    Table::new("text", &["organization_id", "id"])
        .column("organization_id", Uuid)
        .column("id", Uuid)
        .column("direction", Text)
        .column("purpose", Text)
        .column("gateway_id", Uuid)
        .column("our_number", Text)
        .column("their_number", Text)
        .nullable("patient_id", Uuid)
        .nullable("message_id", Uuid)
        .nullable("conversation_id", Uuid)
        .nullable("notification_id", Uuid)
        .nullable("provider_message_id", Text)
        .column("state", Text)
        .nullable("reason", Text)
        .nullable("error", Text)
        .column("encoding", Text)
        .column("segments", Integer)
        .nullable("body", Binary)
        .column("idempotency_key", Text)
        .column("due_at", Timestamp)
        .column("attempts", Integer)
        .nullable("leased_until", Timestamp)
        .nullable("leased_by", Uuid)
        .column("created_at", Timestamp)
        .column("changed_at", Timestamp)
        .unique(&["organization_id", "idempotency_key"])
        .index(&["state", "gateway_id", "due_at"])
        .index(&["organization_id", "message_id"])
        .index(&["organization_id", "patient_id", "id"])
        .index(&["organization_id", "their_number", "created_at"])
        .references(
            &["organization_id", "gateway_id"],
            "text_gateway",
            &["organization_id", "id"],
        )
}

/// Stored before a webhook is acknowledged. The sequence numbers what one gateway brought, without gaps. Rows stay, so that an
/// old webhook that is played again brings nothing.
fn inbound() -> Table {
    Table::new("inbound_text", &["organization_id", "id"])
        .column("organization_id", Uuid)
        .column("id", Uuid)
        .column("gateway_id", Uuid)
        .column("provider_message_id", Text)
        .column("sequence", BigInteger)
        .column("our_number", Text)
        .column("their_number", Text)
        .nullable("body", Binary)
        .column("state", Text)
        .column("attempts", Integer)
        .column("due_at", Timestamp)
        .column("received_at", Timestamp)
        .nullable("applied_at", Timestamp)
        .unique(&["gateway_id", "provider_message_id"])
        .index(&["state", "gateway_id", "their_number", "sequence"])
        .references(
            &["organization_id", "gateway_id"],
            "text_gateway",
            &["organization_id", "id"],
        )
}

fn quarantined() -> Table {
    Table::new("quarantined_text", &["organization_id", "id"])
        .column("organization_id", Uuid)
        .column("id", Uuid)
        .column("gateway_id", Uuid)
        .column("provider_message_id", Text)
        .column("our_number", Text)
        .column("their_number", Text)
        .nullable("body", Binary)
        .column("reason", Text)
        .column("state", Text)
        .column("received_at", Timestamp)
        .nullable("patient_id", Uuid)
        .nullable("resolved_by", Uuid)
        .nullable("resolved_at", Timestamp)
        .index(&["organization_id", "state", "id"])
        .references(
            &["organization_id", "gateway_id"],
            "text_gateway",
            &["organization_id", "id"],
        )
}
