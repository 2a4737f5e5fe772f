//! Who joins and leaves a panel.

use std::collections::BTreeSet;

use entity::{
    EventKind, OrganizationId, PanelRole, PatientId, PersonId, Roles, StaffId, StaffStatus,
    staff_member,
};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, Value};

use super::{Panel, of_patients};
use crate::domain::{
    answers::{Scope, look_again},
    core::Core,
    event_log::{Change, Concerned, NewEvent},
    fault::Fault,
    policy::{AsClinician, AsRecordKeeper, Denied, PatientInView},
    store::{Sql, sql},
};

/// Why a panel was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PanelError {
    /// Only active clinicians can join a care team.
    #[error("only active clinicians can join a care team")]
    NotClinician,
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl From<Fault> for PanelError {
    fn from(fault: Fault) -> Self {
        Self::Denied(fault.into())
    }
}

impl From<sea_orm::DbErr> for PanelError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Denied(error.into())
    }
}

/// Documents a staff member as a member of the patient's care team. A notification user becomes one; who is one already
/// stays. Six statements at most.
///
/// # Errors
/// See [`PanelError`]; [`Denied::NotFound`] when there is no such staff member.
pub async fn add_to_care_team(
    core: &Core,
    keeper: &AsRecordKeeper,
    patient: &PatientInView,
    staff: StaffId,
) -> Result<(), PanelError> {
    let mut change = Change::begin(core, patient.organization()).await?;
    insert_care_team(
        &mut change,
        keeper.staff(),
        patient.id(),
        &BTreeSet::from([staff]),
    )
    .await?;
    change.commit().await?;
    Ok(())
}

/// Adds care team members within a change. At most four statements, none for nobody.
pub(crate) async fn insert_care_team(
    change: &mut Change,
    actor: StaffId,
    patient: PatientId,
    staff: &BTreeSet<StaffId>,
) -> Result<(), PanelError> {
    if staff.is_empty() {
        return Ok(());
    }
    let organization = change.organization();
    let members = staff_member::Entity::find()
        .filter(staff_member::Column::OrganizationId.eq(organization))
        .filter(staff_member::Column::Id.is_in(staff.iter().copied()))
        .all(change.tx())
        .await?;
    if members.len() != staff.len() {
        return Err(Denied::NotFound.into());
    }
    let able = |member: &staff_member::Model| {
        member.status == StaffStatus::Active && member.roles.hold(Roles::CLINICIAN)
    };
    if !members.iter().all(able) {
        return Err(PanelError::NotClinician);
    }
    let now = change.now;
    let mut insert = Sql::new(
        "insert into panel_member (organization_id, patient_id, staff_id, role, joined_at) values ",
    );
    insert.rows(staff.iter().map(|staff| {
        line(
            organization,
            patient,
            *staff,
            PanelRole::CareTeam,
            now.into(),
        )
    }));
    insert.push(
        " on conflict (organization_id, patient_id, staff_id) do update set role = excluded.role where panel_member.role <> excluded.role \
         returning staff_id",
    );
    let rows = change.tx().query_all_raw(insert.on(change.tx())).await?;
    let joined = rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<Vec<StaffId>, _>>()?;
    record(change, actor, patient, &joined).await?;
    Ok(())
}

/// Takes a staff member off the patient's care team. Changes nothing for who is not on it. Six statements at most.
///
/// # Errors
/// [`Denied::NotFound`] when there is no such staff member.
pub async fn remove_from_care_team(
    core: &Core,
    keeper: &AsRecordKeeper,
    patient: &PatientInView,
    staff: StaffId,
) -> Result<(), PanelError> {
    let mut change = Change::begin(core, patient.organization()).await?;
    staff_member::Entity::find_by_id((change.organization(), staff))
        .one(change.tx())
        .await?
        .ok_or(Denied::NotFound)?;
    leave(
        &mut change,
        keeper.staff(),
        patient.id(),
        staff,
        PanelRole::CareTeam,
    )
    .await?;
    change.commit().await?;
    Ok(())
}

/// The clinician asks to be alerted for a patient whose care team they are not on (PEO-7). Changes nothing for who stands
/// in the panel already. Five statements at most.
///
/// # Errors
/// Any failure of the database.
pub async fn become_notification_user(
    core: &Core,
    clinician: &AsClinician,
    patient: &PatientInView,
) -> Result<(), PanelError> {
    let mut change = Change::begin(core, patient.organization()).await?;
    let mut insert = Sql::new(
        "insert into panel_member (organization_id, patient_id, staff_id, role, joined_at) values ",
    );
    let row = line(
        change.organization(),
        patient.id(),
        clinician.staff(),
        PanelRole::NotificationUser,
        change.now.into(),
    );
    insert
        .rows([row])
        .push(" on conflict (organization_id, patient_id, staff_id) do nothing");
    let done = change.tx().execute_raw(insert.on(change.tx())).await?;
    if done.rows_affected() > 0 {
        record(
            &mut change,
            clinician.staff(),
            patient.id(),
            &[clinician.staff()],
        )
        .await?;
    }
    change.commit().await?;
    Ok(())
}

/// The clinician leaves the panel as a notification user (PEO-7). Changes nothing for a member of the care team, nor for
/// who does not stand in the panel. Five statements at most.
///
/// # Errors
/// Any failure of the database.
pub async fn stop_notifications(
    core: &Core,
    clinician: &AsClinician,
    patient: &PatientInView,
) -> Result<(), PanelError> {
    let mut change = Change::begin(core, patient.organization()).await?;
    let staff = clinician.staff();
    leave(
        &mut change,
        staff,
        patient.id(),
        staff,
        PanelRole::NotificationUser,
    )
    .await?;
    change.commit().await?;
    Ok(())
}

fn line(
    organization: OrganizationId,
    patient: PatientId,
    staff: StaffId,
    role: PanelRole,
    joined_at: Value,
) -> [Value; 5] {
    [
        organization.into(),
        patient.into(),
        staff.into(),
        role.into(),
        joined_at,
    ]
}

async fn leave(
    change: &mut Change,
    actor: StaffId,
    patient: PatientId,
    staff: StaffId,
    role: PanelRole,
) -> Result<(), Fault> {
    let done = change
        .tx()
        .execute_raw(sql(
            change.tx(),
            "delete from panel_member where organization_id = $1 and patient_id = $2 and staff_id = $3 and role = $4",
            [change.organization().into(), patient.into(), staff.into(), role.into()],
        ))
        .await?;
    if done.rows_affected() > 0 {
        record(change, actor, patient, &[staff]).await?;
    }
    Ok(())
}

/// Records that these staff members joined or left. It concerns the panel as it is now, and whoever left it.
async fn record(
    change: &mut Change,
    actor: StaffId,
    patient: PatientId,
    about: &[StaffId],
) -> Result<(), Fault> {
    if about.is_empty() {
        return Ok(());
    }
    look_again(change, Scope::Patient(patient)).await?;
    let panel = panel_of(change, patient).await?;
    for staff in about {
        let mut audience = panel.audience();
        if !audience.includes(*staff) {
            audience.0.push(Concerned {
                staff: *staff,
                alerted: false,
            });
        }
        change.record(NewEvent {
            audience,
            ..NewEvent::new(EventKind::PanelChanged)
                .by(PersonId::Staff(actor))
                .about(PersonId::Staff(*staff))
                .of(patient)
        });
    }
    Ok(())
}

/// Records that a patient's programs, enrolment or portal access changed. It concerns the whole panel: whom the change
/// shows the patient, whom it hides the patient from, and whose inbox merely looks different now. Two statements.
pub(crate) async fn record_access_changed(
    change: &mut Change,
    actor: PersonId,
    patient: PatientId,
) -> Result<(), Fault> {
    look_again(change, Scope::Patient(patient)).await?;
    let audience = panel_of(change, patient).await?.everybody();
    change.record(NewEvent {
        audience,
        ..NewEvent::new(EventKind::PatientAccessChanged)
            .by(actor)
            .of(patient)
    });
    Ok(())
}

async fn panel_of(change: &Change, patient: PatientId) -> Result<Panel, Fault> {
    let patients = BTreeSet::from([patient]);
    let mut panels = of_patients(change.tx(), change.organization(), &patients).await?;
    Ok(panels.remove(&patient).unwrap_or_default())
}
