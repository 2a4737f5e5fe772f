//! The programs that a patient is enrolled in, and the end of their enrolment in the portal.

use std::collections::BTreeSet;

use entity::{PersonId, ProgramId, patient, patient_program};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};

use super::{PatientError, create::insert_programs, lock};
use crate::domain::{
    core::Core,
    event_log::Change,
    panel,
    people::values::Check,
    policy::{AsRecordKeeper, PatientInView},
    programs, sessions,
};

/// Enrols a patient in exactly these programs. It may hide the patient from staff members who are restricted (PEO-6), the
/// one who asks included. Eight statements at most.
///
/// # Errors
/// See [`PatientError`]; not found when a program does not exist.
pub async fn set_programs(
    core: &Core,
    keeper: &AsRecordKeeper,
    in_view: &PatientInView,
    wanted: &BTreeSet<ProgramId>,
) -> Result<patient::Model, PatientError> {
    let mut check = Check::default();
    check.count("programIds", wanted.len());
    if !check.is_right() {
        return Err(check.into_wrong().into());
    }
    let organization = keeper.organization();
    let mut change = Change::begin(core, organization).await?;
    let patient = lock(&change, in_view.id()).await?;
    programs::require(change.tx(), organization, wanted).await?;
    let now: BTreeSet<_> = programs::of_patients(change.tx(), organization, [patient.id])
        .await?
        .remove(&patient.id)
        .unwrap_or_default()
        .into_iter()
        .map(|program| program.id)
        .collect();
    if now == *wanted {
        return Ok(patient);
    }
    patient_program::Entity::delete_many()
        .filter(patient_program::Column::OrganizationId.eq(organization))
        .filter(patient_program::Column::PatientId.eq(patient.id))
        .exec(change.tx())
        .await?;
    insert_programs(change.tx(), organization, patient.id, wanted).await?;
    panel::record_access_changed(&mut change, PersonId::Staff(keeper.staff()), patient.id).await?;
    change.commit().await?;
    Ok(patient)
}

/// Ends a patient's enrolment in the portal and signs them out everywhere. Their record and consent stay; a new invitation
/// enrols them again. Changes nothing for a patient who is not enrolled. Six statements at most.
///
/// # Errors
/// See [`PatientError`].
pub async fn end_enrolment(
    core: &Core,
    keeper: &AsRecordKeeper,
    in_view: &PatientInView,
) -> Result<patient::Model, PatientError> {
    let actor = PersonId::Staff(keeper.staff());
    let mut change = Change::begin(core, keeper.organization()).await?;
    let mut patient = lock(&change, in_view.id()).await?;
    if patient.enrolled_at.take().is_none() {
        return Ok(patient);
    }
    patient
        .clone()
        .into_active_model()
        .reset_all()
        .update(change.tx())
        .await?;
    panel::record_access_changed(&mut change, actor, patient.id).await?;
    sessions::revoke_all(&mut change, PersonId::Patient(patient.id)).await?;
    change.commit().await?;
    Ok(patient)
}
