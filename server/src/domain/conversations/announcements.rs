//! The one conversation of each patient in which reminders stand.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, ConversationKind, ConversationStatus, OrganizationId, PatientId, conversation,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, FromQueryResult as _, Value};

use crate::domain::{core::Core, fault::Fault, store::Sql};

/// The announcements of several patients, locked until the commit; whoever has none gets them now. Two statements.
pub(crate) async fn announcements(
    core: &Core,
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    now: DateTime<Utc>,
    patients: &[PatientId],
) -> Result<HashMap<PatientId, conversation::Model>, Fault> {
    if patients.is_empty() {
        return Ok(HashMap::new());
    }
    let mut insert = Sql::new(
        "insert into conversation (organization_id, id, kind, patient_id, status, seq, visible_seq, activity_at, created_at) values ",
    );
    insert.rows(patients.iter().map(|patient| -> [Value; 9] {
        [
            organization.into(),
            ConversationId(core.entropy.uuid(now)).into(),
            ConversationKind::Announcement.into(),
            (*patient).into(),
            ConversationStatus::Open.into(),
            0_i64.into(),
            0_i64.into(),
            now.into(),
            now.into(),
        ]
    }));
    insert.push(" on conflict do nothing");
    tx.execute_raw(insert.on(tx)).await?;
    let mut select = Sql::new("select c.* from conversation c where c.organization_id = ");
    select
        .bind(organization)
        .push(" and c.kind = ")
        .bind(ConversationKind::Announcement)
        .push(" and c.patient_id in ")
        .list(patients.iter().copied())
        .push(" order by c.id");
    if tx.get_database_backend() == DbBackend::Postgres {
        // SQLite has one writer; here, two transactions that lock the same conversations do it in the same order.
        select.push(" for update of c");
    }
    let rows = tx.query_all_raw(select.on(tx)).await?;
    rows.iter()
        .map(|row| {
            let conversation = conversation::Model::from_query_result(row, "")?;
            Ok((conversation.patient_id, conversation))
        })
        .collect()
}
