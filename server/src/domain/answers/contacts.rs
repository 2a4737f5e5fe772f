//! Who is told of what nobody else has looked after.

use std::collections::{BTreeMap, BTreeSet};

use entity::{OrganizationId, PatientId, PhoneNumber, Roles, StaffId};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, QueryResult};

use super::MAX_CONTACTS;
use crate::domain::{
    fault::Fault,
    policy::{hidden_by_restriction, push_reaches_all_with},
    settings::Settings,
    store::Sql,
};

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
pub(in crate::domain) async fn contacts(
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

/// Who is called for a text that could not be placed: only those who may open it, or nobody could mend it. These are clinicians
/// who reach every patient with the number: of those whom the clinic has named, without any of its administrators, then of the
/// teams of these patients, and otherwise some of all. Where nobody may open it the administrators are told all the same: they
/// say who is a clinician and whom a restriction holds back. At most two statements.
pub(in crate::domain) async fn contacts_of_text(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    settings: &Settings,
    number: &PhoneNumber,
) -> Result<BTreeSet<StaffId>, Fault> {
    let mut select = Sql::new("select s.id, case when ");
    let number = select.placeholder(number.clone());
    let named = &settings.answers.escalation;
    if !named.is_empty() {
        select
            .push("s.id in ")
            .list(named.iter().copied())
            .push(" then 0 when ");
    }
    select
        .push("(s.roles & ")
        .bind(Roles::ADMINISTRATOR)
        .push(&format!(
            ") <> 0 then 1 when exists (select 1 from patient p join panel_member m on m.organization_id = p.organization_id \
             and m.patient_id = p.id where p.organization_id = s.organization_id and p.phone = {number} and m.staff_id = s.id) \
             then 2 else 3 end as circle from staff_member s where s.organization_id = "
        ))
        .bind(organization)
        .push(" and s.status = 'ACTIVE' and (s.roles & ")
        .bind(Roles::CLINICIAN)
        .push(") <> 0");
    push_reaches_all_with(&mut select, settings, &number);
    select
        .push(" order by circle, s.id limit ")
        .bind(MAX_CONTACTS as i64);
    let rows = tx.query_all_raw(select.on(tx)).await?;
    let mut called = BTreeSet::new();
    let mut nearest = None;
    for row in rows {
        let circle: i32 = row.try_get("", "circle")?;
        if *nearest.get_or_insert(circle) == circle {
            called.insert(row.try_get("", "id")?);
        }
    }
    if called.is_empty() {
        return administrators(tx, organization).await;
    }
    Ok(called)
}

async fn administrators(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
) -> Result<BTreeSet<StaffId>, Fault> {
    let mut select = Sql::new("select s.id from staff_member s where s.organization_id = ");
    select
        .bind(organization)
        .push(" and s.status = 'ACTIVE' and (s.roles & ")
        .bind(Roles::ADMINISTRATOR)
        .push(") <> 0");
    let rows = tx.query_all_raw(select.on(tx)).await?;
    rows.iter()
        .map(|row| Ok(row.try_get_by_index(0)?))
        .collect()
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
