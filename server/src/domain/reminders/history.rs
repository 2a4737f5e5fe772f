//! Communication history: what each patient got, when last, by whom and how often (ANN-5). Kept as counters, moved with the
//! messages.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{
    MessageTemplateId, OrganizationId, PatientId, StaffId, patient_template, template_use,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, Value,
};

use crate::domain::{
    fault::Fault,
    store::{Sql, sql},
};

/// What several patients got, the newest first. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn histories(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    patients: impl IntoIterator<Item = PatientId>,
) -> Result<HashMap<PatientId, Vec<patient_template::Model>>, Fault> {
    let patients: BTreeSet<_> = patients.into_iter().collect();
    let rows = patient_template::Entity::find()
        .filter(patient_template::Column::OrganizationId.eq(organization))
        .filter(patient_template::Column::PatientId.is_in(patients))
        .order_by_desc(patient_template::Column::LastSentAt)
        .order_by_asc(patient_template::Column::TemplateId)
        .all(connection)
        .await?;
    let mut found: HashMap<PatientId, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.patient_id).or_default().push(row);
    }
    Ok(found)
}

/// How often several templates were sent. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn uses(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    templates: impl IntoIterator<Item = MessageTemplateId>,
) -> Result<HashMap<MessageTemplateId, template_use::Model>, Fault> {
    let templates: BTreeSet<_> = templates.into_iter().collect();
    let rows = template_use::Entity::find()
        .filter(template_use::Column::OrganizationId.eq(organization))
        .filter(template_use::Column::TemplateId.is_in(templates))
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.template_id, row)).collect())
}

/// Something that was sent.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    pub(super) organization: OrganizationId,
    pub(super) template: MessageTemplateId,
    pub(super) by: StaffId,
    pub(super) at: DateTime<Utc>,
}

/// Counts one more for each of these patients and as many for the template. Two statements.
pub(super) async fn count(
    tx: &DatabaseTransaction,
    sending: Sending,
    patients: impl ExactSizeIterator<Item = PatientId>,
) -> Result<(), Fault> {
    let times = i64::try_from(patients.len()).map_err(|_| Fault::Corrupt("recipients"))?;
    let mut upsert = Sql::new(
        "insert into patient_template (organization_id, patient_id, template_id, times, last_sent_at, last_sent_by) values ",
    );
    upsert.rows(patients.map(|patient| -> [Value; 6] {
        [
            sending.organization.into(),
            patient.into(),
            sending.template.into(),
            1_i64.into(),
            sending.at.into(),
            sending.by.into(),
        ]
    }));
    upsert.push(
        " on conflict (organization_id, patient_id, template_id) do update set times = patient_template.times + 1, \
         last_sent_at = excluded.last_sent_at, last_sent_by = excluded.last_sent_by",
    );
    tx.execute_raw(upsert.on(tx)).await?;
    tx.execute_raw(sql(
        tx,
        "insert into template_use (organization_id, template_id, times, last_sent_at, last_sent_by) values ($1, $2, $3, $4, $5) \
         on conflict (organization_id, template_id) do update set times = template_use.times + excluded.times, \
         last_sent_at = excluded.last_sent_at, last_sent_by = excluded.last_sent_by",
        [
            sending.organization.into(),
            sending.template.into(),
            times.into(),
            sending.at.into(),
            sending.by.into(),
        ],
    ))
    .await?;
    Ok(())
}
