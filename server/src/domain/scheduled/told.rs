//! Telling whoever has a conversation open that what is scheduled in it has changed, and whoever counts on what does not leave.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, EventKind, NotificationId, NotificationPurpose, NotificationStatus,
    OrganizationId, PatientId, PersonKind, ScheduledMessageId, StaffId, scheduled_message,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};

use super::counting;
use crate::domain::{
    core::Core,
    event_log::{Audience, Concerned, NewEvent, append, reserve},
    fault::Fault,
    store::Sql,
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
    notify(core, &tx, &stopped, &counting, now).await?;
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

/// One notification for each; while one waits, the same message that is held back again adds none. At most one statement.
async fn notify(
    core: &Core,
    tx: &DatabaseTransaction,
    stopped: &Stopped,
    counting: &BTreeSet<StaffId>,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    if counting.is_empty() {
        return Ok(());
    }
    let mut insert = Sql::new(
        "insert into notification (organization_id, id, purpose, recipient_kind, recipient_id, patient_id, conversation_id, \
         subject_id, coalesce_key, status, due_at, attempts, created_at) values ",
    );
    insert.rows(counting.iter().map(|staff| -> [Value; 13] {
        let (message, who) = (stopped.message.0.simple(), staff.0.simple());
        [
            stopped.organization.into(),
            NotificationId(core.entropy.uuid(now)).into(),
            NotificationPurpose::ScheduledMessageStopped.into(),
            PersonKind::Staff.into(),
            staff.0.into(),
            stopped.patient.into(),
            stopped.conversation.into(),
            stopped.message.0.into(),
            format!("scheduled {message} {who}").into(),
            NotificationStatus::Pending.into(),
            now.into(),
            0.into(),
            now.into(),
        ]
    }));
    // The update changes nothing but takes the row's lock: a worker that claims the waiting entry looks after this message was
    // stopped, or leaves the entry to the next claim.
    insert.push(" on conflict (organization_id, coalesce_key) do update set attempts = notification.attempts");
    tx.execute_raw(insert.on(tx)).await?;
    Ok(())
}
