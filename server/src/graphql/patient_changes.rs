//! Changing patients' records.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::{PatientId, ProgramId, StaffId};

use super::{
    context::ContextExt as _,
    date::Date,
    error::{ApiResult, UserError},
    id::{read_id, read_ids},
    patient::{Patient, if_still_in_view},
    refusal::settle,
    staff_member::NotificationChannel,
};
use crate::domain::{
    people::patients::{self, ContactChanges, NewPatient, PatientChanges},
    policy::{self, PatientInView},
};

/// A patient to add.
#[derive(InputObject)]
pub struct CreatePatientInput {
    /// The full name; 1 to 200 characters.
    name: String,
    /// The date of birth; from 1900 to today.
    date_of_birth: Date,
    /// A mobile number, with its country code or as it is dialled in the clinic's region.
    phone: Option<String>,
    /// An e-mail address.
    email: Option<String>,
    /// A BCP 47 tag; the clinic's language when left out.
    language: Option<String>,
    /// An IANA time zone; the clinic's when left out.
    time_zone: Option<String>,
    /// Whether the clinic lets the patient into the portal.
    #[graphql(default = true)]
    portal_allowed: bool,
    /// The programs that the patient is enrolled in; at most 100.
    #[graphql(default)]
    program_ids: Vec<ID>,
    /// The care team: active clinicians, at most 100.
    #[graphql(default)]
    care_team_ids: Vec<ID>,
}

/// What to change of a patient's record. What is left out stays as it is.
#[derive(InputObject)]
pub struct UpdatePatientInput {
    /// The patient.
    patient_id: ID,
    /// The full name; 1 to 200 characters.
    name: Option<String>,
    /// The date of birth; from 1900 to today.
    date_of_birth: Option<Date>,
    /// A mobile number; null or an empty text removes it.
    phone: MaybeUndefined<String>,
    /// An e-mail address; null or an empty text removes it.
    email: MaybeUndefined<String>,
    /// A BCP 47 tag.
    language: Option<String>,
    /// An IANA time zone.
    time_zone: Option<String>,
    /// The way of notification, for which the number or address must be on file; null takes whichever is, e-mail first.
    notification_channel: MaybeUndefined<NotificationChannel>,
    /// Whether the clinic lets the patient into the portal; false signs them out everywhere at once.
    portal_allowed: Option<bool>,
}

/// How to reach the patient who asks. What is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateContactDetailsInput {
    /// A mobile number; null or an empty text removes it.
    phone: MaybeUndefined<String>,
    /// An e-mail address; null or an empty text removes it.
    email: MaybeUndefined<String>,
    /// A BCP 47 tag.
    language: Option<String>,
    /// An IANA time zone.
    time_zone: Option<String>,
    /// The way of notification, for which the number or address must be on file; null takes whichever is, e-mail first.
    notification_channel: MaybeUndefined<NotificationChannel>,
}

/// What a patient is to be enrolled in.
#[derive(InputObject)]
pub struct SetPatientProgramsInput {
    /// The patient.
    patient_id: ID,
    /// All programs that the patient is to be enrolled in; at most 100.
    program_ids: Vec<ID>,
}

/// The patient whose enrolment in the portal ends.
#[derive(InputObject)]
pub struct EndEnrolmentInput {
    /// The patient.
    patient_id: ID,
}

/// A stored record, or what must be mended before it can be stored.
#[derive(SimpleObject)]
pub struct PatientPayload {
    /// The patient as they are stored. Null when nothing was stored, and, without errors, when the change itself has
    /// hidden the patient from the viewer.
    patient: Option<Patient>,
    /// What must be mended.
    errors: Vec<UserError>,
}

impl PatientPayload {
    /// A payload of a patient who is in view.
    pub fn new(patient: Option<Patient>, errors: Vec<UserError>) -> Self {
        Self { patient, errors }
    }
}

/// Changes of patients' records.
#[derive(Default)]
pub struct PatientMutation;

#[Object]
impl PatientMutation {
    /// Adds a patient, with the one care-team chat that they have. For clinicians and administrators.
    async fn create_patient(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient.")] input: CreatePatientInput,
    ) -> ApiResult<PatientPayload> {
        let keeper = policy::record_keeper(&*ctx.viewer().await?)?;
        let new = NewPatient {
            name: input.name,
            date_of_birth: input.date_of_birth.0,
            phone: input.phone,
            email: input.email,
            language: input.language,
            time_zone: input.time_zone,
            portal_allowed: input.portal_allowed,
            programs: read_ids(ProgramId::from_public, &input.program_ids)?,
            care_team: read_ids(StaffId::from_public, &input.care_team_ids)?,
        };
        let (patient, errors) = settle(patients::create(ctx.core(), &keeper, &new).await)?;
        let patient = match patient {
            Some(patient) => if_still_in_view(ctx, patient.id).await?,
            None => None,
        };
        Ok(PatientPayload { patient, errors })
    }

    /// Changes a patient's record: all that is given, or nothing if something is wrong. For clinicians and administrators.
    async fn update_patient(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdatePatientInput,
    ) -> ApiResult<PatientPayload> {
        let keeper = policy::record_keeper(&*ctx.viewer().await?)?;
        let in_view = open(ctx, &input.patient_id).await?;
        let changes = PatientChanges {
            name: input.name,
            date_of_birth: input.date_of_birth.map(|date| date.0),
            contact: ContactChanges {
                phone: input.phone.into(),
                email: input.email.into(),
                language: input.language,
                time_zone: input.time_zone,
                notification_channel: channel(input.notification_channel),
            },
            portal_allowed: input.portal_allowed,
        };
        let (patient, errors) =
            settle(patients::update(ctx.core(), &keeper, &in_view, &changes).await)?;
        Ok(PatientPayload::new(patient.map(Patient::from), errors))
    }

    /// Changes how the patient who asks is reached. For patients.
    async fn update_contact_details(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateContactDetailsInput,
    ) -> ApiResult<PatientPayload> {
        let viewer = policy::patient(&*ctx.viewer().await?)?;
        let changes = ContactChanges {
            phone: input.phone.into(),
            email: input.email.into(),
            language: input.language,
            time_zone: input.time_zone,
            notification_channel: channel(input.notification_channel),
        };
        let (patient, errors) =
            settle(patients::update_contact_details(ctx.core(), &viewer, changes).await)?;
        Ok(PatientPayload::new(patient.map(Patient::from), errors))
    }

    /// Enrols a patient in exactly these programs. Staff members who are restricted from all of them do not find the
    /// patient any more. For clinicians and administrators.
    async fn set_patient_programs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient and the programs.")] input: SetPatientProgramsInput,
    ) -> ApiResult<PatientPayload> {
        let keeper = policy::record_keeper(&*ctx.viewer().await?)?;
        let in_view = open(ctx, &input.patient_id).await?;
        let programs = read_ids(ProgramId::from_public, &input.program_ids)?;
        let (done, errors) =
            settle(patients::set_programs(ctx.core(), &keeper, &in_view, &programs).await)?;
        let patient = match done {
            Some(patient) => if_still_in_view(ctx, patient.id).await?,
            None => None,
        };
        Ok(PatientPayload { patient, errors })
    }

    /// Ends a patient's enrolment in the portal and signs them out everywhere. Their record, messages and consent stay; a
    /// new invitation enrols them again. For clinicians and administrators.
    async fn end_enrolment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient.")] input: EndEnrolmentInput,
    ) -> ApiResult<PatientPayload> {
        let keeper = policy::record_keeper(&*ctx.viewer().await?)?;
        let in_view = open(ctx, &input.patient_id).await?;
        let (patient, errors) =
            settle(patients::end_enrolment(ctx.core(), &keeper, &in_view).await)?;
        Ok(PatientPayload::new(patient.map(Patient::from), errors))
    }
}

async fn open(ctx: &Context<'_>, id: &ID) -> ApiResult<PatientInView> {
    let viewer = ctx.viewer().await?;
    let id = read_id(PatientId::from_public, id)?;
    Ok(policy::open_patient(ctx.core().store.reader(), &viewer, id).await?)
}

fn channel<T>(input: MaybeUndefined<NotificationChannel>) -> Option<Option<T>>
where
    NotificationChannel: Into<T>,
{
    let change: Option<Option<NotificationChannel>> = input.into();
    change.map(|choice| choice.map(Into::into))
}
