//! Telling whoever has a conversation open that what is scheduled in it has changed.

use chrono::{DateTime, Utc};
use entity::{EventKind, scheduled_message};
use sea_orm::DatabaseTransaction;

use crate::domain::{
    core::Core,
    event_log::{NewEvent, append, reserve},
    fault::Fault,
};

/// Commits a change of a message that waits in a conversation, tells of it, and rings. Two statements and the commit. What is
/// to begin a conversation is in none yet, and nobody is told.
pub(super) async fn commit(
    core: &Core,
    tx: DatabaseTransaction,
    message: &scheduled_message::Model,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let Some(conversation) = message.conversation_id else {
        return Ok(tx.commit().await?);
    };
    let organization = message.organization_id;
    let event = NewEvent::new(EventKind::ScheduledMessagesChanged).within(conversation);
    let position = reserve(&tx, organization, 1).await?;
    append(&tx, organization, position, now, &[event]).await?;
    tx.commit().await?;
    core.doorbell.ring(organization, position);
    Ok(())
}
