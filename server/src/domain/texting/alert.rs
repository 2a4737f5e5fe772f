//! Telling staff that a patient's enrolment has moved on (TXT-6): an event for those who have the patient open, and an alert for
//! those who asked for it by "Two-way texting".

use std::collections::{BTreeSet, HashMap};

use entity::{
    EventKind, NotificationId, NotificationPurpose, NotificationStatus, PatientId, PersonId,
    PersonKind, Roles, StaffId,
};
use sea_orm::{ConnectionTrait as _, Value};

use crate::domain::{
    core::Core,
    event_log::{Audience, Change, Concerned, NewEvent},
    fault::Fault,
    policy::hidden_by_restriction,
    settings::{AccessPolicy, Settings},
    store::Sql,
};

/// Records that enrolments have moved on, and stores the notifications for those who asked. It concerns the patients' panels
/// and whoever sent the question; nobody is alerted of what they did themselves. At most two statements.
pub(super) async fn tell(
    core: &Core,
    change: &mut Change,
    settings: &Settings,
    actor: Option<PersonId>,
    patients: &BTreeSet<PatientId>,
) -> Result<(), Fault> {
    if patients.is_empty() {
        return Ok(());
    }
    let mut audiences = audiences(change, settings, actor, patients).await?;
    let mut told = Vec::new();
    for patient in patients {
        let audience = audiences.remove(patient).unwrap_or_default();
        let alerted = audience.0.iter().filter(|concerned| concerned.alerted);
        told.extend(alerted.map(|concerned| (*patient, concerned.staff)));
        let event = NewEvent {
            actor,
            audience,
            ..NewEvent::new(EventKind::TextingChanged).of(*patient)
        };
        change.record(event);
    }
    notify(core, change, &told).await
}

async fn audiences(
    change: &Change,
    settings: &Settings,
    actor: Option<PersonId>,
    patients: &BTreeSet<PatientId>,
) -> Result<HashMap<PatientId, Audience>, Fault> {
    let mut select = Sql::new("select f.patient_id, s.id, s.roles, s.notify_texting, ");
    let here = select.placeholder(change.organization());
    select
        .push(&hidden_by_restriction("p", "s.id"))
        .push(" as hidden from (select patient_id, staff_id from panel_member where organization_id = ")
        .push(&here)
        .push(" and patient_id in ")
        .list(patients.iter().copied());
    // Who sent the question wants to know the answer, as long as they reach the patient without being on the panel.
    if settings.access != AccessPolicy::Team {
        select
            .push(" union select patient_id, asked_by as staff_id from texting_enrolment where organization_id = ")
            .push(&here)
            .push(" and asked_by is not null and patient_id in ")
            .list(patients.iter().copied());
    }
    select
        .push(") as f join patient p on p.organization_id = ")
        .push(&here)
        .push(" and p.id = f.patient_id join staff_member s on s.organization_id = ")
        .push(&here)
        .push(" and s.id = f.staff_id where s.status = 'ACTIVE' order by s.id");
    let mut found: HashMap<PatientId, Audience> = HashMap::new();
    for row in change.tx().query_all_raw(select.on(change.tx())).await? {
        let roles: Roles = row.try_get("", "roles")?;
        let keeps_records = roles.hold(Roles::CLINICIAN) || roles.hold(Roles::ADMINISTRATOR);
        if !keeps_records || row.try_get("", "hidden")? {
            continue;
        }
        let staff: StaffId = row.try_get("", "id")?;
        let asked: bool = row.try_get("", "notify_texting")?;
        let audience = found.entry(row.try_get("", "patient_id")?).or_default();
        audience.0.push(Concerned {
            staff,
            alerted: asked && actor != Some(PersonId::Staff(staff)),
        });
    }
    Ok(found)
}

/// One notification for each; while one waits, another of the same patient adds none.
async fn notify(core: &Core, change: &Change, told: &[(PatientId, StaffId)]) -> Result<(), Fault> {
    if told.is_empty() {
        return Ok(());
    }
    let now = change.now;
    let mut insert = Sql::new(
        "insert into notification (organization_id, id, purpose, recipient_kind, recipient_id, patient_id, coalesce_key, status, due_at, \
         attempts, created_at) values ",
    );
    insert.rows(told.iter().map(|(patient, staff)| -> [Value; 11] {
        let key = format!("texting {} {}", patient.0.simple(), staff.0.simple());
        [
            change.organization().into(),
            NotificationId(core.entropy.uuid(now)).into(),
            NotificationPurpose::TextingChanged.into(),
            PersonKind::Staff.into(),
            staff.0.into(),
            (*patient).into(),
            key.into(),
            NotificationStatus::Pending.into(),
            now.into(),
            0.into(),
            now.into(),
        ]
    }));
    insert.push(" on conflict (organization_id, coalesce_key) do update set attempts = notification.attempts");
    change.tx().execute_raw(insert.on(change.tx())).await?;
    Ok(())
}
