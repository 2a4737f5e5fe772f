//! Communication history: what each patient got, when last, by whom and how often (ANN-5). Kept as counters, moved with the
//! messages.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{
    MessageTemplateId, OrganizationId, PatientId, StaffId, patient_template, template_use,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, Value,
};

use crate::domain::{fault::Fault, store::Sql};

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

/// That a patient got an approved template from a staff member.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct Use {
    pub(in crate::domain) template: MessageTemplateId,
    pub(in crate::domain) patient: PatientId,
    pub(in crate::domain) by: StaffId,
}

/// How often, and by whom last.
type Count = (i64, StaffId);

/// Counts on what was sent. The rows are taken in the order of their keys, so that of two transactions none waits for the
/// other in a circle. Two statements, none when nothing was sent.
pub(in crate::domain) async fn count(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    now: DateTime<Utc>,
    uses: &[Use],
) -> Result<(), Fault> {
    let mut of_patients: BTreeMap<(PatientId, MessageTemplateId), Count> = BTreeMap::new();
    let mut of_templates: BTreeMap<MessageTemplateId, Count> = BTreeMap::new();
    for sent in uses {
        let of_patient = of_patients.entry((sent.patient, sent.template));
        for counted in [
            of_patient.or_insert((0, sent.by)),
            of_templates.entry(sent.template).or_insert((0, sent.by)),
        ] {
            *counted = (counted.0 + 1, sent.by);
        }
    }
    if of_patients.is_empty() {
        return Ok(());
    }
    let mut upsert = Sql::new(
        "insert into patient_template (organization_id, patient_id, template_id, times, last_sent_at, last_sent_by) values ",
    );
    upsert.rows(
        of_patients
            .iter()
            .map(|((patient, template), (times, by))| -> [Value; 6] {
                [
                    organization.into(),
                    (*patient).into(),
                    (*template).into(),
                    (*times).into(),
                    now.into(),
                    (*by).into(),
                ]
            }),
    );
    upsert.push(
        " on conflict (organization_id, patient_id, template_id) do update set times = patient_template.times + excluded.times, \
         last_sent_at = excluded.last_sent_at, last_sent_by = excluded.last_sent_by",
    );
    tx.execute_raw(upsert.on(tx)).await?;
    let mut upsert = Sql::new(
        "insert into template_use (organization_id, template_id, times, last_sent_at, last_sent_by) values ",
    );
    upsert.rows(
        of_templates
            .iter()
            .map(|(template, (times, by))| -> [Value; 5] {
                [
                    organization.into(),
                    (*template).into(),
                    (*times).into(),
                    now.into(),
                    (*by).into(),
                ]
            }),
    );
    upsert.push(
        " on conflict (organization_id, template_id) do update set times = template_use.times + excluded.times, \
         last_sent_at = excluded.last_sent_at, last_sent_by = excluded.last_sent_by",
    );
    tx.execute_raw(upsert.on(tx)).await?;
    Ok(())
}
