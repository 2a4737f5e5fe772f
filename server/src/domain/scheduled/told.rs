//! Telling whoever has a conversation open that what is scheduled in it has changed, and whoever counts on what does not leave.

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, EventKind, NotificationPurpose, OrganizationId, PatientId, ScheduledMessageId,
    ScheduledStatus, scheduled_message,
};
use sea_orm::{DatabaseTransaction, EntityTrait as _};

use super::counting;
use crate::domain::{
    core::Core,
    event_log::{Audience, Concerned, NewEvent, append, reserve},
    fault::Fault,
    notifications::Unsent,
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
    let event = NewEvent {
        scheduled: Some(message.id),
        ..NewEvent::new(EventKind::ScheduledMessagesChanged).within(conversation)
    };
    record(core, tx, message.organization_id, event, now).await
}

/// A message that was held back, expired, refused or failed.
pub(super) struct Stopped {
    pub(super) organization: OrganizationId,
    pub(super) message: ScheduledMessageId,
    pub(super) conversation: Option<ConversationId>,
    pub(super) patient: PatientId,
}

impl Stopped {
    pub(super) const fn of(message: &scheduled_message::Model) -> Self {
        Self {
            organization: message.organization_id,
            message: message.id,
            conversation: message.conversation_id,
            patient: message.patient_id,
        }
    }

    const fn unsent(&self) -> Unsent {
        Unsent {
            organization: self.organization,
            purpose: NotificationPurpose::ScheduledMessageStopped,
            subject: self.message.0,
            kind: "scheduled",
            patient: Some(self.patient),
            conversation: self.conversation,
        }
    }
}

/// Commits that a message has not left, and rings: whoever has its conversation open is told, and its author is alerted and
/// notified, who counts on it, or those in their place. Five statements at most, and the commit.
pub(super) async fn stopped(
    core: &Core,
    tx: DatabaseTransaction,
    stopped: Stopped,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let counting = counting::on(&tx, &stopped).await?;
    stopped.unsent().notify(core, &tx, &counting, now).await?;
    let concerned = |staff| Concerned {
        staff,
        alerted: true,
    };
    let event = NewEvent {
        conversation: stopped.conversation,
        scheduled: Some(stopped.message),
        audience: Audience(counting.into_iter().map(concerned).collect()),
        ..NewEvent::new(EventKind::ScheduledMessagesChanged)
    };
    record(core, tx, stopped.organization, event, now).await
}

/// Tells of it once more, because somebody who was to be notified is gone; of what somebody has looked after meanwhile nobody is
/// told. Six statements at most, and the commit.
pub(in crate::domain) async fn tell_again(
    core: &Core,
    organization: OrganizationId,
    message: ScheduledMessageId,
) -> Result<(), Fault> {
    let (tx, now) = (core.store.begin().await?, core.clock.now());
    let found = scheduled_message::Entity::find_by_id((organization, message))
        .one(&tx)
        .await?
        .ok_or(Fault::Corrupt("notification subject"))?;
    match found.status {
        ScheduledStatus::Waiting | ScheduledStatus::Sent | ScheduledStatus::Cancelled => Ok(()),
        ScheduledStatus::Held
        | ScheduledStatus::Expired
        | ScheduledStatus::Refused
        | ScheduledStatus::Failed => stopped(core, tx, Stopped::of(&found), now).await,
    }
}

async fn record(
    core: &Core,
    tx: DatabaseTransaction,
    organization: OrganizationId,
    event: NewEvent,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let position = reserve(&tx, organization, 1).await?;
    append(&tx, organization, position, now, &[event]).await?;
    tx.commit().await?;
    core.doorbell.ring(organization, position);
    Ok(())
}
