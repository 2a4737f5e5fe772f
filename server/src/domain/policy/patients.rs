//! Which patients exist for a staff member (PEO-5, PEO-6).

use std::collections::BTreeSet;

use entity::{OrganizationId, PatientId, Roles, patient};
use sea_orm::{ConnectionTrait, FromQueryResult as _};

use super::{AsRecordKeeper, Denied};
use crate::domain::{
    fault::Fault,
    settings::{AccessPolicy, Settings},
    store::Sql,
    viewer::{StaffViewer, Viewer},
};

/// A patient whose record the viewer may open.
#[derive(Clone, Debug)]
pub struct PatientInView {
    patient: patient::Model,
}

impl PatientInView {
    /// The record.
    #[must_use]
    pub fn patient(&self) -> &patient::Model {
        &self.patient
    }

    /// Who it is.
    #[must_use]
    pub fn id(&self) -> PatientId {
        self.patient.id
    }

    /// The clinic.
    #[must_use]
    pub fn organization(&self) -> OrganizationId {
        self.patient.organization_id
    }

    /// Gives the record away.
    #[must_use]
    pub fn into_patient(self) -> patient::Model {
        self.patient
    }
}

/// SQL that is true when restriction hides the patient `p` from the staff member `staff` (both are SQL expressions for
/// rows): the patient is enrolled in programs, and the staff member is restricted from every one of them (PEO-6).
pub(crate) fn hidden_by_restriction(patient: &str, staff: &str) -> String {
    format!(
        "(exists (select 1 from patient_program pp where pp.organization_id = {patient}.organization_id and pp.patient_id = {patient}.id) \
         and not exists (select 1 from patient_program pp where pp.organization_id = {patient}.organization_id \
         and pp.patient_id = {patient}.id and not exists (select 1 from staff_restriction r where r.organization_id = pp.organization_id \
         and r.staff_id = {staff} and r.program_id = pp.program_id)))"
    )
}

/// Adds ` and …`: only patients `p` that exist for this staff member.
pub(crate) fn push_in_reach(sql: &mut Sql, staff: &StaffViewer) {
    push_reach(sql, staff, None);
}

/// Adds ` and …`: only patients `p` that exist for this staff member, and where nobody else is left to hear a patient also
/// those for whom they would be called: administrators, and whom the clinic has named (NEW-3).
pub(crate) fn push_in_reach_of_called(sql: &mut Sql, keeper: &AsRecordKeeper) {
    let staff = keeper.viewer();
    let is_called = staff.roles().hold(Roles::ADMINISTRATOR)
        || staff.settings().answers.escalation.contains(&staff.id());
    let unheard = |_: &str| {
        "exists (select 1 from conversation uc where uc.organization_id = p.organization_id and uc.patient_id = p.id \
         and uc.unattended_since is not null)"
            .to_owned()
    };
    push_reach(sql, staff, is_called.then_some(&unheard));
}

/// Adds ` and …`: only conversations `c` of patients `p` that exist for this staff member, who may also take part in a
/// conversation of a patient whom they do not reach otherwise. Restriction counts for participants too (PEO-6).
pub(crate) fn push_conversation_in_reach(sql: &mut Sql, staff: &StaffViewer) {
    push_reach(
        sql,
        staff,
        Some(&|staff| {
            format!(
                "exists (select 1 from participant tp where tp.organization_id = c.organization_id \
                 and tp.conversation_id = c.id and tp.staff_id = {staff})"
            )
        }),
    );
}

/// Whether a staff member may write about a patient: within reach, or as a participant of a conversation that goes on. One
/// statement.
///
/// # Errors
/// Any failure of the database.
pub(super) async fn written_about(
    connection: &impl ConnectionTrait,
    staff: &StaffViewer,
    id: PatientId,
) -> Result<bool, Fault> {
    let participates = |staff: &str| {
        format!(
            "exists (select 1 from conversation tc join participant tp on tp.organization_id = tc.organization_id \
             and tp.conversation_id = tc.id where tc.organization_id = p.organization_id and tc.patient_id = p.id \
             and tc.status = 'OPEN' and tp.staff_id = {staff})"
        )
    };
    let mut select = Sql::new("select 1 from patient p where p.organization_id = ");
    select
        .bind(staff.organization())
        .push(" and p.id = ")
        .bind(id);
    push_reach(&mut select, staff, Some(&participates));
    let row = connection.query_one_raw(select.on(connection)).await?;
    Ok(row.is_some())
}

fn push_reach(sql: &mut Sql, staff: &StaffViewer, otherwise: Option<&dyn Fn(&str) -> String>) {
    // The restriction test names the staff member inside a longer text, so the placeholder is made first.
    sql.push(" and not ");
    let placeholder = sql.placeholder(staff.id());
    sql.push(&hidden_by_restriction("p", &placeholder));
    match staff.settings().access {
        AccessPolicy::Organization | AccessPolicy::TeamPlusSearch => {}
        AccessPolicy::Team => {
            sql.push(" and (exists (select 1 from panel_member tm where tm.organization_id = p.organization_id and tm.patient_id = p.id and tm.staff_id = ");
            sql.push(&placeholder).push(")");
            if let Some(otherwise) = otherwise {
                sql.push(" or ").push(&otherwise(&placeholder));
            }
            sql.push(")");
        }
    }
}

/// Adds ` and …`: only staff members `s` who reach every patient with a number, which is an expression of SQL. They are those
/// who may open what came from it and could not be placed.
pub(crate) fn push_reaches_all_with(sql: &mut Sql, settings: &Settings, number: &str) {
    sql.push(" and not exists (select 1 from patient p where p.organization_id = s.organization_id and p.phone = ")
        .push(number)
        .push(" and (")
        .push(&hidden_by_restriction("p", "s.id"));
    match settings.access {
        AccessPolicy::Organization | AccessPolicy::TeamPlusSearch => {}
        AccessPolicy::Team => {
            sql.push(
                " or not exists (select 1 from panel_member tm where tm.organization_id = p.organization_id \
                 and tm.patient_id = p.id and tm.staff_id = s.id)",
            );
        }
    }
    sql.push("))");
}

/// Opens a patient's record. Any staff member within reach, and the patient themselves. One statement.
///
/// # Errors
/// [`Denied::NotFound`] when the patient does not exist for this viewer.
pub async fn open_patient(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    id: PatientId,
) -> Result<PatientInView, Denied> {
    open_patients(connection, viewer, &[id])
        .await?
        .pop()
        .ok_or(Denied::NotFound)
}

/// Opens the records of those of several patients who exist for this viewer. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn open_patients(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    ids: &[PatientId],
) -> Result<Vec<PatientInView>, Fault> {
    let mut select = Sql::new("select p.* from patient p where p.organization_id = ");
    select
        .bind(viewer.organization())
        .push(" and p.id in ")
        .list(ids.iter().copied());
    match viewer {
        Viewer::Staff(staff) => push_in_reach(&mut select, staff),
        Viewer::Patient(patient) => {
            select.push(" and p.id = ").bind(patient.id());
        }
    }
    connection
        .query_all_raw(select.on(connection))
        .await?
        .iter()
        .map(|row| {
            Ok(PatientInView {
                patient: patient::Model::from_query_result(row, "")?,
            })
        })
        .collect()
}

/// Opens the records of those of several patients whom a record keeper reaches, or for whom they would be called because
/// nobody hears the patient. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn open_for_called(
    connection: &impl ConnectionTrait,
    keeper: &AsRecordKeeper,
    ids: &[PatientId],
) -> Result<Vec<PatientInView>, Fault> {
    let mut select = Sql::new("select p.* from patient p where p.organization_id = ");
    select
        .bind(keeper.organization())
        .push(" and p.id in ")
        .list(ids.iter().copied());
    push_in_reach_of_called(&mut select, keeper);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let patients = rows.iter().map(|row| {
        let patient = patient::Model::from_query_result(row, "")?;
        Ok(PatientInView { patient })
    });
    patients.collect()
}

/// Which of several patients exist for a staff member. One statement.
///
/// # Errors
/// [`Denied::Fault`] only.
pub async fn in_reach(
    connection: &impl ConnectionTrait,
    staff: &StaffViewer,
    patients: &BTreeSet<PatientId>,
) -> Result<BTreeSet<PatientId>, Denied> {
    if patients.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut select = Sql::new("select p.id from patient p where p.organization_id = ");
    select
        .bind(staff.organization())
        .push(" and p.id in ")
        .list(patients.iter().copied());
    push_in_reach(&mut select, staff);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}
