//! How many reminders a patient gets on one day of their own (ANN-7).

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{OrganizationId, PatientId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Value};

use crate::domain::{fault::Fault, settings::Settings, store::Sql};

/// Of several patients the newest day with a reminder, and how many it brought. One statement.
pub(super) async fn newest(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    patients: &[PatientId],
) -> Result<HashMap<PatientId, (NaiveDate, i32)>, Fault> {
    if patients.is_empty() {
        return Ok(HashMap::new());
    }
    let mut select = Sql::new(
        "select d.patient_id, d.day, d.times from reminder_day d where d.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and d.patient_id in ")
        .list(patients.iter().copied());
    counts(&connection.query_all_raw(select.on(connection)).await?)
}

fn counts(rows: &[QueryResult]) -> Result<HashMap<PatientId, (NaiveDate, i32)>, Fault> {
    rows.iter()
        .map(|row| {
            let count = (row.try_get("", "day")?, row.try_get("", "times")?);
            Ok((row.try_get("", "patient_id")?, count))
        })
        .collect()
}

/// The same, and nobody else lets a reminder leave to these patients before the commit: each has a row from then on, which is
/// locked. One statement.
pub(super) async fn lock(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    patients: &[PatientId],
    today: NaiveDate,
) -> Result<HashMap<PatientId, (NaiveDate, i32)>, Fault> {
    if patients.is_empty() {
        return Ok(HashMap::new());
    }
    let mut upsert =
        Sql::new("insert into reminder_day (organization_id, patient_id, day, times) values ");
    upsert.rows(patients.iter().map(|patient| -> [Value; 4] {
        [
            organization.into(),
            (*patient).into(),
            today.into(),
            0.into(),
        ]
    }));
    upsert.push(
        " on conflict (organization_id, patient_id) do update set times = reminder_day.times returning patient_id, day, times",
    );
    counts(&tx.query_all_raw(upsert.on(tx)).await?)
}

/// Whether a patient has had as many on a day as the clinic allows.
pub(super) fn is_full(settings: &Settings, had: Option<(NaiveDate, i32)>, day: NaiveDate) -> bool {
    let Some(most) = settings.reminders_per_patient_and_day else {
        return false;
    };
    let times = had.filter(|(newest, _)| *newest == day);
    times.is_some_and(|(_, times)| i64::from(times) >= i64::from(most))
}

/// Counts one more for each of these patients. One statement.
pub(super) async fn count(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    patients: &[(PatientId, NaiveDate)],
) -> Result<(), Fault> {
    let mut upsert =
        Sql::new("insert into reminder_day (organization_id, patient_id, day, times) values ");
    upsert.rows(patients.iter().map(|(patient, day)| -> [Value; 4] {
        [
            organization.into(),
            (*patient).into(),
            (*day).into(),
            1.into(),
        ]
    }));
    upsert.push(
        " on conflict (organization_id, patient_id) do update set day = excluded.day, \
         times = case when reminder_day.day = excluded.day then reminder_day.times + 1 else 1 end",
    );
    tx.execute_raw(upsert.on(tx)).await?;
    Ok(())
}
