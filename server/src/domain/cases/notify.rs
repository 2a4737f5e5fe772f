//! Notifications about cases: to those who work on them, or are to.

use std::collections::HashSet;

use entity::{
    ConversationId, NotificationId, NotificationPurpose, NotificationStatus, OrganizationId,
    PatientId, PersonKind, StaffId,
};
use sea_orm::{ConnectionTrait, Value};

use crate::domain::{core::Core, event_log::Change, fault::Fault, store::Sql};

/// Stores one notification for each of these staff members about a case of a patient; while one waits, another for the same purpose
/// adds none. One statement, none for nobody.
pub(super) async fn notify(
    core: &Core,
    change: &Change,
    purpose: NotificationPurpose,
    told: &[((ConversationId, PatientId), StaffId)],
) -> Result<(), Fault> {
    if told.is_empty() {
        return Ok(());
    }
    let now = change.now;
    let mut insert = Sql::new(
        "insert into notification (organization_id, id, purpose, recipient_kind, recipient_id, patient_id, conversation_id, coalesce_key, \
         status, due_at, attempts, created_at) values ",
    );
    insert.rows(told.iter().map(|((case, patient), staff)| -> [Value; 12] {
        let (about, whom) = (case.0.simple(), staff.0.simple());
        [
            change.organization().into(),
            NotificationId(core.entropy.uuid(now)).into(),
            purpose.into(),
            PersonKind::Staff.into(),
            staff.0.into(),
            (*patient).into(),
            (*case).into(),
            format!("{} {about} {whom}", purpose.word()).into(),
            NotificationStatus::Pending.into(),
            now.into(),
            0.into(),
            now.into(),
        ]
    }));
    insert.push(" on conflict (organization_id, coalesce_key) do nothing");
    change.tx().execute_raw(insert.on(change.tx())).await?;
    Ok(())
}

/// To whom each of several cases is assigned; those that are assigned to nobody are left out. At most one statement.
pub(in crate::domain) async fn assigned_among(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    cases: &[ConversationId],
) -> Result<HashSet<(ConversationId, StaffId)>, Fault> {
    if cases.is_empty() {
        return Ok(HashSet::new());
    }
    let mut select = Sql::new(
        "select conversation_id, assignee_id from contact_request where assignee_id is not null and organization_id = ",
    );
    select
        .bind(organization)
        .push(" and conversation_id in ")
        .list(cases.iter().copied());
    let rows = connection.query_all_raw(select.on(connection)).await?;
    rows.iter()
        .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
        .collect()
}
