//! Enrolments as they are stored. Whoever writes one holds the patient's row, so that no two decide upon the same state.

mod columns;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::{OrganizationId, PatientId, PhoneNumber, StaffId, patient, texting_enrolment};
use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, DbBackend, FromQueryResult as _, QueryResult, Value,
};

use columns::Columns;
pub(super) use columns::state_of;

use super::machine::{Event, NotNow, State};
use crate::domain::{fault::Fault, store::Sql};

/// A patient who has a number, held until the commit, with where their enrolment stands.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    pub(super) patient: patient::Model,
    /// The number; none when the patient has none.
    pub(super) number: Option<PhoneNumber>,
    pub(super) state: State,
    /// Since when its status is what it is.
    since: Option<DateTime<Utc>>,
    /// The staff member who asked last.
    pub(super) asked_by: Option<StaffId>,
}

impl Holder {
    /// Takes an event; tells whether the status is another one now.
    ///
    /// # Errors
    /// See [`State::after`].
    pub(super) fn take(&mut self, event: Event, now: DateTime<Utc>) -> Result<bool, NotNow> {
        let next = self.state.after(event, now)?;
        let before = std::mem::replace(&mut self.state, next);
        let moved = self.state.status() != before.status();
        if moved {
            self.since = Some(now);
        }
        Ok(moved)
    }
}

/// The most patients of one number that are opted out and back together.
const MAX_HOLDERS: i64 = 1_000;

/// Which patients.
enum Whom<'a> {
    /// Those with a number.
    Number(&'a PhoneNumber),
    /// These.
    These(&'a BTreeSet<PatientId>),
}

impl Whom<'_> {
    /// Adds ` and …`: only these patients `p`, in the order of their ids.
    fn push(&self, select: &mut Sql) {
        match self {
            Self::Number(number) => select.push(" and p.phone = ").bind((*number).clone()),
            Self::These(patients) => select.push(" and p.id in ").list(patients.iter().copied()),
        };
        select.push(" order by p.id limit ").bind(MAX_HOLDERS);
    }
}

/// The patients with a number, in the order of their ids. Two statements.
pub(super) async fn holders(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    number: &PhoneNumber,
) -> Result<Vec<Holder>, Fault> {
    locked(tx, organization, &Whom::Number(number)).await
}

/// One patient. Two statements.
pub(super) async fn holder(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    patient: PatientId,
) -> Result<Option<Holder>, Fault> {
    let patients = BTreeSet::from([patient]);
    Ok(several(tx, organization, &patients).await?.pop())
}

/// Several patients, in the order of their ids. Two statements.
pub(super) async fn several(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    patients: &BTreeSet<PatientId>,
) -> Result<Vec<Holder>, Fault> {
    if patients.is_empty() {
        return Ok(Vec::new());
    }
    locked(tx, organization, &Whom::These(patients)).await
}

const ENROLMENT_COLUMNS: [&str; 11] = [
    "organization_id",
    "patient_id",
    "number",
    "status",
    "since",
    "asked_at",
    "wrong_answers",
    "failure",
    "opted_out_by",
    "status_before",
    "asked_by",
];

async fn locked(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    whom: &Whom<'_>,
) -> Result<Vec<Holder>, Fault> {
    // First the locks and then the states: a statement that waited for a lock still sees the states from before its wait.
    // SQLite has one writer. Rows that refer to the patients can be stored meanwhile.
    if tx.get_database_backend() == DbBackend::Postgres {
        let mut lock = Sql::new("select 1 from patient p where p.organization_id = ");
        lock.bind(organization);
        whom.push(&mut lock);
        lock.push(" for no key update");
        tx.query_all_raw(lock.on(tx)).await?;
    }
    let mut select = Sql::new("select p.*");
    for column in ENROLMENT_COLUMNS {
        select.push(", e.").push(column).push(" as e_").push(column);
    }
    select
        .push(
            " from patient p left join texting_enrolment e on e.organization_id = p.organization_id and e.patient_id = p.id \
             where p.organization_id = ",
        )
        .bind(organization);
    whom.push(&mut select);
    let rows = tx.query_all_raw(select.on(tx)).await?;
    rows.iter().map(of_row).collect()
}

fn of_row(row: &QueryResult) -> Result<Holder, Fault> {
    let patient = patient::Model::from_query_result(row, "")?;
    let enrolment = texting_enrolment::Model::from_query_result_optional(row, "e_")?;
    let current = enrolment.filter(|row| Some(&row.number) == patient.phone.as_ref());
    Ok(Holder {
        number: patient.phone.clone(),
        state: current.as_ref().map_or(Ok(State::None), state_of)?,
        since: current.as_ref().map(|row| row.since),
        asked_by: current.and_then(|row| row.asked_by),
        patient,
    })
}

/// Stores where enrolments stand now. The patients are held. One statement, none for nobody.
pub(super) async fn store(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    holders: &[Holder],
) -> Result<(), Fault> {
    let rows: Vec<_> = holders
        .iter()
        .filter_map(|holder| row(now, holder))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut upsert = Sql::new("insert into texting_enrolment (");
    upsert.push(&ENROLMENT_COLUMNS.join(", ")).push(") values ");
    upsert
        .rows(rows)
        .push(" on conflict (organization_id, patient_id) do update set ");
    let set = ENROLMENT_COLUMNS[2..].iter();
    let set: Vec<_> = set
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    upsert.push(&set.join(", "));
    tx.execute_raw(upsert.on(tx)).await?;
    Ok(())
}

fn row(now: DateTime<Utc>, holder: &Holder) -> Option<[Value; 11]> {
    let number = holder.number.clone()?;
    let stored = Columns::of(holder.state);
    Some([
        holder.patient.organization_id.into(),
        holder.patient.id.into(),
        number.into(),
        stored.status.into(),
        holder.since.unwrap_or(now).into(),
        stored.asked_at.into(),
        stored.wrong_answers.into(),
        stored.failure.into(),
        stored.opted_out_by.into(),
        stored.before.into(),
        holder.asked_by.into(),
    ])
}
