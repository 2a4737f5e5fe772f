//! Enrolments whose question was not answered within two weeks (TXT-3).

use std::collections::{BTreeMap, BTreeSet};

use entity::{OrganizationId, PatientId};
use sea_orm::ConnectionTrait as _;

use super::{
    alert,
    enrolment::{several, store},
    machine::{Event, PATIENCE},
};
use crate::domain::{
    core::Core, event_log::Change, fault::Fault, organizations, settings::Settings, store::sql,
};

/// The most enrolments of an organization that end in one sweep.
const LIMIT: i64 = 100;

/// Ends enrolments whose two weeks have passed, at most a hundred of each organization at once; gives their number. One statement,
/// and for each organization among them a transaction; where that fails, one for each of its enrolments. What fails is logged, and the
/// others are ended all the same.
///
/// # Errors
/// Any failure of the database while looking for them.
pub async fn sweep(core: &Core) -> Result<u64, Fault> {
    let before = core.clock.now() - PATIENCE;
    let reader = core.store.reader();
    let rows = reader
        .query_all_raw(sql(
            reader,
            "select organization_id, patient_id from (select e.organization_id, e.patient_id, e.asked_at, \
             row_number() over (partition by e.organization_id order by e.asked_at) as place from texting_enrolment e \
             join patient p on p.organization_id = e.organization_id and p.id = e.patient_id and p.phone = e.number \
             where e.status = 'PENDING' and e.asked_at <= $1) as over_due where place <= $2",
            [before.into(), LIMIT.into()],
        ))
        .await?;
    let mut over: BTreeMap<OrganizationId, BTreeSet<PatientId>> = BTreeMap::new();
    for row in rows {
        let patients = over.entry(row.try_get_by_index(0)?).or_default();
        patients.insert(row.try_get_by_index(1)?);
    }
    let mut ended = 0;
    for (organization, patients) in over {
        ended += end_all(core, organization, patients).await;
    }
    Ok(ended)
}

/// Ends enrolments of one organization, each alone where they cannot be ended together.
async fn end_all(core: &Core, organization: OrganizationId, patients: BTreeSet<PatientId>) -> u64 {
    if let Ok(ended) = end(core, organization, &patients).await {
        return ended;
    }
    let mut ended = 0;
    for patient in patients {
        match end(core, organization, &BTreeSet::from([patient])).await {
            Ok(moved) => ended += moved,
            Err(fault) => tracing::error!(
                patient.id = %patient.0,
                error.class = fault.class(),
                "an enrolment that was not answered could not be ended"
            ),
        }
    }
    ended
}

async fn end(
    core: &Core,
    organization: OrganizationId,
    patients: &BTreeSet<PatientId>,
) -> Result<u64, Fault> {
    let mut change = Change::begin(core, organization).await?;
    let clinic = organizations::of(change.tx(), organization).await?;
    let settings = Settings::from_stored(clinic.settings)?;
    let mut holders = several(change.tx(), organization, patients).await?;
    let mut moved = BTreeSet::new();
    for holder in &mut holders {
        if holder.take(Event::Waited, change.now).unwrap_or(false) {
            moved.insert(holder.patient.id);
        }
    }
    store(change.tx(), change.now, &holders).await?;
    alert::tell(core, &mut change, &settings, None, &moved).await?;
    change.commit().await?;
    u64::try_from(moved.len()).map_err(|_| Fault::Corrupt("count"))
}
