//! A new patient, with their name words, programs, care team and care-team chat in one transaction.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use entity::{EventKind, OrganizationId, PatientId, PersonId, ProgramId, StaffId, patient};
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait as _, DatabaseTransaction, IntoActiveModel as _, Value,
};

use super::PatientError;
use crate::domain::{
    conversations::begin_care_team_chat,
    core::Core,
    event_log::{Change, NewEvent},
    fault::Fault,
    organizations, panel,
    people::{
        search::words,
        values::{self, Check},
    },
    policy::AsRecordKeeper,
    programs,
    store::{Sql, sql},
};

/// A patient to be.
pub struct NewPatient {
    /// The full name.
    pub name: String,
    /// For identification.
    pub date_of_birth: NaiveDate,
    /// A mobile number.
    pub phone: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// BCP 47; the organization's when left out.
    pub language: Option<String>,
    /// IANA name; the organization's when left out.
    pub time_zone: Option<String>,
    /// Whether the clinic lets them into the portal.
    pub portal_allowed: bool,
    /// The programs that they are enrolled in.
    pub programs: BTreeSet<ProgramId>,
    /// Their care team.
    pub care_team: BTreeSet<StaffId>,
}

/// Adds a patient, with the one care-team chat that they have (CHAT-1). At most twelve statements.
///
/// # Errors
/// See [`PatientError`]; not found when a program or a staff member does not exist.
pub async fn create(
    core: &Core,
    keeper: &AsRecordKeeper,
    new: &NewPatient,
) -> Result<patient::Model, PatientError> {
    let region = &keeper.viewer().settings().default_region;
    let mut change = Change::begin(core, keeper.organization()).await?;
    let organization = organizations::of(change.tx(), change.organization()).await?;
    let mut check = Check::default();
    let name = check.value("name", values::name(&new.name));
    let born = check.value(
        "dateOfBirth",
        values::birth_date(new.date_of_birth, change.now),
    );
    let phone = check.given("phone", new.phone.as_deref(), |text| {
        values::mobile_number(text, region)
    });
    let email = check.given("email", new.email.as_deref(), values::email_address);
    let language = check.given("language", new.language.as_deref(), values::language);
    let time_zone = check.given("timeZone", new.time_zone.as_deref(), values::time_zone);
    check.count("programIds", new.programs.len());
    check.count("careTeamIds", new.care_team.len());
    let (Some(name), Some(date_of_birth), true) = (name, born, check.is_right()) else {
        return Err(check.into_wrong().into());
    };
    let patient = patient::Model {
        organization_id: organization.id,
        id: PatientId(core.entropy.uuid(change.now)),
        name,
        date_of_birth,
        phone,
        email_key: email.as_ref().map(values::email_key),
        email,
        language: language.unwrap_or(organization.default_language),
        time_zone: time_zone.unwrap_or(organization.time_zone),
        portal_allowed: new.portal_allowed,
        enrolled_at: None,
        notify_channel: None,
        created_at: change.now,
    };
    patient
        .clone()
        .into_active_model()
        .insert(change.tx())
        .await?;
    write_name_words(change.tx(), &patient).await?;
    programs::require(change.tx(), organization.id, &new.programs).await?;
    insert_programs(change.tx(), organization.id, patient.id, &new.programs).await?;
    begin_care_team_chat(core, &change, patient.id).await?;
    // Nobody stands in the panel yet. Whoever joins is told by an event of their own.
    change.record(
        NewEvent::new(EventKind::PatientAccessChanged)
            .by(PersonId::Staff(keeper.staff()))
            .of(patient.id),
    );
    panel::insert_care_team(&mut change, keeper.staff(), patient.id, &new.care_team).await?;
    change.commit().await?;
    Ok(patient)
}

/// Makes the patient be found by the words of their name and no others. Two statements.
pub(super) async fn write_name_words(
    tx: &DatabaseTransaction,
    patient: &patient::Model,
) -> Result<(), Fault> {
    tx.execute_raw(sql(
        tx,
        "delete from patient_name_word where organization_id = $1 and patient_id = $2",
        [patient.organization_id.into(), patient.id.into()],
    ))
    .await?;
    let words: BTreeSet<_> = words(patient.name.reveal()).into_iter().collect();
    if words.is_empty() {
        return Ok(());
    }
    let mut insert =
        Sql::new("insert into patient_name_word (organization_id, word, patient_id) values ");
    insert.rows(words.into_iter().map(|word| -> [Value; 3] {
        [
            patient.organization_id.into(),
            word.into(),
            patient.id.into(),
        ]
    }));
    tx.execute_raw(insert.on(tx)).await?;
    Ok(())
}

/// Enrols a patient in programs that they are in none of. One statement, none for no programs.
pub(super) async fn insert_programs(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    patient: PatientId,
    programs: &BTreeSet<ProgramId>,
) -> Result<(), Fault> {
    if programs.is_empty() {
        return Ok(());
    }
    let mut insert =
        Sql::new("insert into patient_program (organization_id, patient_id, program_id) values ");
    insert.rows(
        programs.iter().map(|program| -> [Value; 3] {
            [organization.into(), patient.into(), (*program).into()]
        }),
    );
    tx.execute_raw(insert.on(tx)).await?;
    Ok(())
}
