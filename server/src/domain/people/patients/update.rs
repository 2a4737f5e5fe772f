//! Changing a patient's record: all of it by staff, contact details by the patient (PEO-3).

use chrono::NaiveDate;
use entity::{BirthDate, Channel, PersonId, PersonName, patient};
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use super::{PatientError, create::write_name_words, lock};
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    panel,
    people::values::{self, Check, NotificationChannel, Problem},
    policy::{AsPatient, AsRecordKeeper, PatientInView},
    sessions,
    settings::Settings,
    texting,
};

/// How to reach a patient; none leaves a value as it is.
#[derive(Default)]
pub struct ContactChanges {
    /// The mobile number, or its removal.
    pub phone: Option<Option<String>>,
    /// The e-mail address, or its removal.
    pub email: Option<Option<String>>,
    /// BCP 47.
    pub language: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    /// The patient's choice, or its removal: whichever is on file then, e-mail first.
    pub notification_channel: Option<Option<NotificationChannel>>,
}

/// What to change of a patient's record; none leaves a value as it is.
#[derive(Default)]
pub struct PatientChanges {
    /// The full name.
    pub name: Option<String>,
    /// For identification.
    pub date_of_birth: Option<NaiveDate>,
    /// How to reach them.
    pub contact: ContactChanges,
    /// Whether the clinic lets them into the portal. No ends their sessions at once.
    pub portal_allowed: Option<bool>,
}

/// Changes a patient's record. A chosen notification channel whose number or address is removed is forgotten. Two
/// statements; two more for another name, four more for another portal access, and one to eight for another number.
///
/// # Errors
/// See [`PatientError`].
pub async fn update(
    core: &Core,
    keeper: &AsRecordKeeper,
    in_view: &PatientInView,
    changes: &PatientChanges,
) -> Result<patient::Model, PatientError> {
    let actor = PersonId::Staff(keeper.staff());
    let mut change = Change::begin(core, keeper.organization()).await?;
    let stored = lock(&change, in_view.id()).await?;
    let wanted = merged(&change, keeper.viewer().settings(), &stored, changes)?;
    end_texting(
        core,
        &mut change,
        keeper.viewer().settings(),
        actor,
        (&stored, &wanted),
    )
    .await?;
    save(&change, &stored, &wanted).await?;
    if wanted.portal_allowed != stored.portal_allowed {
        panel::record_access_changed(&mut change, actor, wanted.id).await?;
        if !wanted.portal_allowed {
            sessions::revoke_all(&mut change, PersonId::Patient(wanted.id)).await?;
        }
    }
    change.commit().await?;
    Ok(wanted)
}

/// Changes how the patient who asks is reached. Two statements, and one to eight for another number.
///
/// # Errors
/// See [`PatientError`].
pub async fn update_contact_details(
    core: &Core,
    viewer: &AsPatient,
    contact: ContactChanges,
) -> Result<patient::Model, PatientError> {
    let actor = PersonId::Patient(viewer.patient());
    let mut change = Change::begin(core, viewer.organization()).await?;
    let stored = lock(&change, viewer.patient()).await?;
    let changes = PatientChanges {
        contact,
        ..PatientChanges::default()
    };
    let wanted = merged(&change, viewer.settings(), &stored, &changes)?;
    end_texting(
        core,
        &mut change,
        viewer.settings(),
        actor,
        (&stored, &wanted),
    )
    .await?;
    save(&change, &stored, &wanted).await?;
    change.commit().await?;
    Ok(wanted)
}

/// Another number ends the enrolment in texting of the old one.
async fn end_texting(
    core: &Core,
    change: &mut Change,
    settings: &Settings,
    actor: PersonId,
    (stored, wanted): (&patient::Model, &patient::Model),
) -> Result<(), Fault> {
    if stored.phone == wanted.phone {
        return Ok(());
    }
    texting::number_changed(core, change, settings, actor, stored).await
}

/// The record as it is to be.
fn merged(
    change: &Change,
    settings: &Settings,
    stored: &patient::Model,
    changes: &PatientChanges,
) -> Result<patient::Model, PatientError> {
    let region = &settings.default_region;
    let contact = &changes.contact;
    let mut check = Check::default();
    let name: Option<PersonName> = check.given("name", changes.name.as_deref(), values::name);
    let born: Option<BirthDate> = changes
        .date_of_birth
        .and_then(|date| check.value("dateOfBirth", values::birth_date(date, change.now)));
    let phone = check.change("phone", contact.phone.as_ref(), |text| {
        values::mobile_number(text, region)
    });
    let email = check.change("email", contact.email.as_ref(), values::email_address);
    let language = check.given("language", contact.language.as_deref(), values::language);
    let time_zone = check.given("timeZone", contact.time_zone.as_deref(), values::time_zone);

    let mut patient = stored.clone();
    patient.name = name.unwrap_or(patient.name);
    patient.date_of_birth = born.unwrap_or(patient.date_of_birth);
    patient.phone = phone.unwrap_or(patient.phone);
    if let Some(email) = email {
        patient.email_key = email.as_ref().map(values::email_key);
        patient.email = email;
    }
    patient.language = language.unwrap_or(patient.language);
    patient.time_zone = time_zone.unwrap_or(patient.time_zone);
    patient.portal_allowed = changes.portal_allowed.unwrap_or(patient.portal_allowed);
    choose_channel(&mut check, &mut patient, contact.notification_channel);
    if check.is_right() {
        Ok(patient)
    } else {
        Err(check.into_wrong().into())
    }
}

fn choose_channel(
    check: &mut Check,
    patient: &mut patient::Model,
    choice: Option<Option<NotificationChannel>>,
) {
    if let Some(choice) = choice {
        patient.notify_channel = choice.map(Channel::from);
    }
    let missing = match patient.notify_channel {
        Some(Channel::Sms) if patient.phone.is_none() => "a mobile number on file",
        Some(Channel::Email) if patient.email.is_none() => "an e-mail address on file",
        Some(Channel::Sms | Channel::Email | Channel::Portal) | None => return,
    };
    if choice.is_some() {
        check.wrong("notificationChannel", Problem::Needs(missing));
    } else {
        patient.notify_channel = None;
    }
}

async fn save(
    change: &Change,
    stored: &patient::Model,
    wanted: &patient::Model,
) -> Result<(), Fault> {
    if wanted == stored {
        return Ok(());
    }
    wanted
        .clone()
        .into_active_model()
        .reset_all()
        .update(change.tx())
        .await?;
    if wanted.name != stored.name {
        write_name_words(change.tx(), wanted).await?;
    }
    Ok(())
}
