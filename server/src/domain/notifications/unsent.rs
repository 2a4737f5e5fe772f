//! What was to leave by itself and has not, or not to all: it is told to whoever counts on it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, NotificationId, NotificationPurpose, NotificationStatus, OrganizationId,
    PatientId, PersonKind, ReminderId, Roles, ScheduledMessageId, StaffId, notification,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};
use uuid::Uuid;

use super::facts::Facts;
use crate::domain::{
    core::Core,
    fault::Fault,
    reminders, scheduled,
    store::{Sql, sql},
};

/// The most administrators who are told of what concerns nobody else.
const ADMINISTRATORS: i64 = 50;

/// What was to leave by itself and has not, or not to all.
pub(in crate::domain) struct Unsent {
    pub(in crate::domain) organization: OrganizationId,
    pub(in crate::domain) purpose: NotificationPurpose,
    /// What it is, and a word for its kind: one of each waits for a person at a time.
    pub(in crate::domain) subject: Uuid,
    pub(in crate::domain) kind: &'static str,
    pub(in crate::domain) patient: Option<PatientId>,
    pub(in crate::domain) conversation: Option<ConversationId>,
}

impl Unsent {
    /// Stores a notification for each who counts on it; while one waits, the same adds none. At most one statement.
    pub(in crate::domain) async fn notify(
        &self,
        core: &Core,
        tx: &DatabaseTransaction,
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
            let (kind, subject, who) = (self.kind, self.subject.simple(), staff.0.simple());
            [
                self.organization.into(),
                NotificationId(core.entropy.uuid(now)).into(),
                self.purpose.into(),
                PersonKind::Staff.into(),
                staff.0.into(),
                self.patient.into(),
                self.conversation.into(),
                self.subject.into(),
                format!("{kind} {subject} {who}").into(),
                NotificationStatus::Pending.into(),
                now.into(),
                0.into(),
                now.into(),
            ]
        }));
        // The update changes nothing but takes the row's lock: a worker that claims the waiting entry looks after this was
        // stored, or leaves the entry to the next claim.
        insert.push(" on conflict (organization_id, coalesce_key) do update set attempts = notification.attempts");
        tx.execute_raw(insert.on(tx)).await?;
        Ok(())
    }
}

/// Administrators, who are told where nobody else is left. One statement.
pub(in crate::domain) async fn administrators(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
) -> Result<BTreeSet<StaffId>, Fault> {
    let rows = tx
        .query_all_raw(sql(
            tx,
            "select id from staff_member where organization_id = $1 and status = 'ACTIVE' and (roles & $2) <> 0 order by id limit $3",
            [
                organization.into(),
                Roles::ADMINISTRATOR.0.into(),
                ADMINISTRATORS.into(),
            ],
        ))
        .await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}

/// Tells others of what has not left, when the one for whom the notification was is gone: somebody always learns of it. Seven
/// statements at most.
pub(super) async fn tell_others(
    core: &Core,
    facts: &Facts,
    row: &notification::Model,
) -> Result<(), Fault> {
    let organization = row.organization_id;
    match (row.purpose, row.subject_id) {
        (NotificationPurpose::ScheduledMessageStopped, Some(id)) => {
            let id = ScheduledMessageId(id);
            if facts.stopped.contains(&id) {
                scheduled::tell_again(core, organization, id).await?;
            }
            Ok(())
        }
        (NotificationPurpose::ReminderIncomplete, Some(id)) => {
            reminders::tell_again(core, organization, ReminderId(id)).await
        }
        (
            NotificationPurpose::NewPatientMessage
            | NotificationPurpose::UnreadReminder
            | NotificationPurpose::UrgentPatientMessage
            | NotificationPurpose::TextingChanged
            | NotificationPurpose::AttentionNeeded
            | NotificationPurpose::ScheduledMessageStopped
            | NotificationPurpose::ReminderIncomplete
            | NotificationPurpose::TextNotDelivered
            | NotificationPurpose::CaseAssigned
            | NotificationPurpose::CaseClosed
            | NotificationPurpose::NewClinicMessage
            | NotificationPurpose::Invitation
            | NotificationPurpose::SignInCode
            | NotificationPurpose::PasswordReset,
            _,
        ) => Ok(()),
    }
}
