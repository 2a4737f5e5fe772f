//! Who is told of what nobody else has looked after.

use std::collections::{BTreeMap, BTreeSet};

use entity::{OrganizationId, PatientId, Roles, StaffId};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, QueryResult};

use crate::domain::{fault::Fault, policy::hidden_by_restriction, settings::Settings, store::Sql};

/// Somebody who may be told.
struct Candidate {
    staff: StaffId,
    is_contact: bool,
    is_administrator: bool,
    hidden: bool,
}

/// Who is told of what concerns each of several patients: those whom the clinic has named, without whom the patient is hidden
/// from; without any the administrators. Where the patient is hidden from all of these too, the administrators are told all
/// the same, and not of whom. One statement.
pub(super) async fn contacts(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    settings: &Settings,
    patients: &BTreeSet<PatientId>,
) -> Result<BTreeMap<PatientId, Vec<StaffId>>, Fault> {
    let mut select = Sql::new("select p.id as patient_id, s.id, s.roles, ");
    select
        .push(&hidden_by_restriction("p", "s.id"))
        .push(" as hidden from staff_member s join patient p on p.organization_id = s.organization_id and p.id in ")
        .list(patients.iter().copied());
    push_candidates(&mut select, organization, settings);
    let mut candidates: BTreeMap<PatientId, Vec<Candidate>> = BTreeMap::new();
    for row in tx.query_all_raw(select.on(tx)).await? {
        let patient = row.try_get("", "patient_id")?;
        let hidden = row.try_get("", "hidden")?;
        let candidate = candidate(settings, &row, hidden)?;
        candidates.entry(patient).or_default().push(candidate);
    }
    let chosen = candidates.into_iter();
    Ok(chosen
        .map(|(patient, candidates)| (patient, choose(&candidates)))
        .collect())
}

/// Who is told of what concerns no patient of whom anybody knows: those whom the clinic has named, without any the
/// administrators. One statement.
pub(in crate::domain) async fn contacts_of_clinic(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    settings: &Settings,
) -> Result<Vec<StaffId>, Fault> {
    let mut select = Sql::new("select s.id, s.roles from staff_member s");
    push_candidates(&mut select, organization, settings);
    let rows = tx.query_all_raw(select.on(tx)).await?;
    let candidates = rows.iter().map(|row| candidate(settings, row, false));
    Ok(choose(&candidates.collect::<Result<Vec<_>, _>>()?))
}

fn push_candidates(select: &mut Sql, organization: OrganizationId, settings: &Settings) {
    select
        .push(" where s.organization_id = ")
        .bind(organization)
        .push(" and s.status = 'ACTIVE' and ((s.roles & ")
        .bind(Roles::ADMINISTRATOR)
        .push(") <> 0");
    let named = &settings.answers.escalation;
    if !named.is_empty() {
        select.push(" or s.id in ").list(named.iter().copied());
    }
    select.push(") order by s.id");
}

fn candidate(settings: &Settings, row: &QueryResult, hidden: bool) -> Result<Candidate, Fault> {
    let staff = row.try_get("", "id")?;
    let roles: Roles = row.try_get("", "roles")?;
    let keeps_records = roles.hold(Roles::CLINICIAN) || roles.hold(Roles::ADMINISTRATOR);
    Ok(Candidate {
        staff,
        is_contact: keeps_records && settings.answers.escalation.contains(&staff),
        is_administrator: roles.hold(Roles::ADMINISTRATOR),
        hidden,
    })
}

fn choose(candidates: &[Candidate]) -> Vec<StaffId> {
    let those = |wanted: &dyn Fn(&Candidate) -> bool| {
        let chosen = candidates.iter().filter(|candidate| wanted(candidate));
        chosen.map(|candidate| candidate.staff).collect::<Vec<_>>()
    };
    let circles: [&dyn Fn(&Candidate) -> bool; 3] = [
        &|candidate| candidate.is_contact && !candidate.hidden,
        &|candidate| candidate.is_administrator && !candidate.hidden,
        &|candidate| candidate.is_administrator,
    ];
    let mut circles = circles.into_iter().map(those);
    circles
        .find(|circle| !circle.is_empty())
        .unwrap_or_default()
}
