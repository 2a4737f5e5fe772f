//! Notifications of what needs somebody's attention.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    ConversationId, NotificationId, NotificationPurpose, NotificationStatus, OrganizationId,
    PatientId, PersonKind, StaffId,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};
use uuid::Uuid;

use crate::domain::{core::Core, fault::Fault, store::Sql};

/// What needs attention, and whose.
pub(in crate::domain) struct Call {
    /// What it is about and why, as parts of a key: one of each waits for a person at a time.
    pub(in crate::domain) about: Uuid,
    pub(in crate::domain) why: &'static str,
    /// The conversation, where it is one.
    pub(in crate::domain) thread: Option<(PatientId, ConversationId)>,
    /// Whose attention.
    pub(in crate::domain) staff: BTreeSet<StaffId>,
    /// How long it is gathered with others of the same key.
    pub(in crate::domain) gathered: TimeDelta,
}

/// Stores a notification for each whose attention is needed. While one waits, another of the same adds none. At most one
/// statement.
pub(in crate::domain) async fn notify(
    core: &Core,
    tx: &DatabaseTransaction,
    (organization, now): (OrganizationId, DateTime<Utc>),
    calls: &[Call],
) -> Result<(), Fault> {
    let mut rows: Vec<(String, [Value; 12])> = Vec::new();
    for call in calls {
        for staff in &call.staff {
            let key = format!("{} {} {}", call.why, call.about.simple(), staff.0.simple());
            let values = [
                organization.into(),
                NotificationId(core.entropy.uuid(now)).into(),
                NotificationPurpose::AttentionNeeded.into(),
                PersonKind::Staff.into(),
                staff.0.into(),
                call.thread.map(|(patient, _)| patient).into(),
                call.thread.map(|(_, conversation)| conversation).into(),
                key.clone().into(),
                NotificationStatus::Pending.into(),
                (now + call.gathered).into(),
                0.into(),
                now.into(),
            ];
            rows.push((key, values));
        }
    }
    // In the order of the keys, so that two who tell the same people do not wait for each other in a circle; and one statement
    // must not meet the same key twice.
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    rows.dedup_by(|(one, _), (other, _)| one == other);
    if rows.is_empty() {
        return Ok(());
    }
    let mut insert = Sql::new(
        "insert into notification (organization_id, id, purpose, recipient_kind, recipient_id, patient_id, conversation_id, \
         coalesce_key, status, due_at, attempts, created_at) values ",
    );
    insert
        .rows(rows.into_iter().map(|(_, values)| values))
        .push(" on conflict (organization_id, coalesce_key) do update set attempts = notification.attempts");
    tx.execute_raw(insert.on(tx)).await?;
    Ok(())
}
