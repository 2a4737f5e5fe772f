//! Accepting an invitation.

use chrono::{DateTime, Utc};
use entity::{
    ConsentId, InvitationId, NotificationPurpose, OrganizationId, PatientId, PersonId, consent,
    link,
};
use sea_orm::{ActiveModelTrait as _, ConnectionTrait as _, IntoActiveModel as _};

use super::wording::{self, ConsentText, ConsentWording};
use crate::domain::{
    core::Core, event_log::Change, fault::Fault, links, panel, secret::Secret, store::sql,
};

/// Where consent is given.
const SOURCE: &str = "PORTAL_INVITATION";

/// What whoever holds an invitation's link may know. It names no patient.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The clinic's name.
    pub clinic_name: String,
    /// The clinic's short name, for signing in later.
    pub clinic_slug: String,
    /// From then on the invitation is worth nothing.
    pub expires_at: DateTime<Utc>,
    /// The version of the wording.
    pub wording_version: i32,
    /// The wording in the language that fits best.
    pub text: ConsentText,
    /// The languages that the wording has.
    pub languages: Vec<String>,
}

/// A patient who accepts.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// The link's token.
    pub token: Secret,
    /// The version of the wording that the patient saw.
    pub wording_version: i32,
    /// The language of the wording that the patient saw.
    pub language: String,
}

/// Why an invitation is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The link is none of an invitation, was used, was replaced by a newer one, or has run out.
    #[error("the invitation is not valid")]
    InvalidLink,
    /// The clinic has published another wording meanwhile.
    #[error("the wording is not the one that holds now")]
    OutdatedWording,
    /// The wording has no text in this language.
    #[error("the wording has no text in this language")]
    UnknownLanguage,
    /// The server failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<sea_orm::DbErr> for AcceptError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

/// An invitation that can still be accepted.
struct Open {
    organization: OrganizationId,
    invitation: InvitationId,
    expires_at: DateTime<Utc>,
    clinic_name: String,
    clinic_slug: String,
    clinic_language: String,
    patient_language: String,
    wording: ConsentWording,
}

/// What an invitation offers, in the first language of `language`, the patient's and the clinic's that the wording has.
/// It changes nothing, so a mail scanner may look too. Three statements.
///
/// # Errors
/// Any failure of the database.
pub async fn offer(
    core: &Core,
    token: &Secret,
    language: Option<&str>,
) -> Result<Option<Offer>, Fault> {
    let Some(open) = open(core, token).await? else {
        return Ok(None);
    };
    let wanted: Vec<&str> = language
        .into_iter()
        .chain([
            open.patient_language.as_str(),
            open.clinic_language.as_str(),
        ])
        .collect();
    let text = open.wording.in_language(&wanted).cloned();
    Ok(Some(Offer {
        text: text.ok_or(Fault::Corrupt("consent wording without text"))?,
        clinic_name: open.clinic_name,
        clinic_slug: open.clinic_slug,
        expires_at: open.expires_at,
        wording_version: open.wording.version,
        languages: open.wording.texts.into_iter().map(|t| t.language).collect(),
    }))
}

/// Accepts an invitation: enrols the patient and records what they agreed to. It can be done once.
///
/// It signs nobody in and sets no password (NOT-4): a link is read by whoever comes upon the mail, so it proves less than
/// a code that is asked for at the moment and goes to the contact on file.
///
/// # Errors
/// See [`AcceptError`].
pub async fn accept(core: &Core, acceptance: &Acceptance) -> Result<(), AcceptError> {
    let open = open(core, &acceptance.token)
        .await?
        .ok_or(AcceptError::InvalidLink)?;
    if open.wording.version != acceptance.wording_version {
        return Err(AcceptError::OutdatedWording);
    }
    let texts = &open.wording.texts;
    if !texts.iter().any(|t| t.language == acceptance.language) {
        return Err(AcceptError::UnknownLanguage);
    }
    let mut change = Change::begin(core, open.organization).await?;
    let patient = enrol(&change, open.invitation)
        .await?
        .ok_or(AcceptError::InvalidLink)?;
    consent::Model {
        organization_id: open.organization,
        id: ConsentId(core.entropy.uuid(change.now)),
        patient_id: patient,
        wording_version: acceptance.wording_version,
        wording_language: acceptance.language.clone(),
        source: SOURCE.to_owned(),
        granted_at: change.now,
    }
    .into_active_model()
    .insert(change.tx())
    .await?;
    panel::record_access_changed(&mut change, PersonId::Patient(patient), patient).await?;
    change.commit().await?;
    Ok(())
}

/// Uses the invitation up and enrols the patient; nothing, if either cannot be done any more. Two statements.
async fn enrol(change: &Change, invitation: InvitationId) -> Result<Option<PatientId>, Fault> {
    let tx = change.tx();
    let organization = change.organization();
    let Some(accepted) = tx
        .query_one_raw(sql(
            tx,
            "update invitation set accepted_at = $3 where organization_id = $1 and id = $2 and accepted_at is null and expires_at > $3 \
             returning patient_id",
            [organization.into(), invitation.into(), change.now.into()],
        ))
        .await?
    else {
        return Ok(None);
    };
    let patient: PatientId = accepted.try_get("", "patient_id")?;
    let enrolled = tx
        .execute_raw(sql(
            tx,
            "update patient set enrolled_at = $3 where organization_id = $1 and id = $2 and portal_allowed and enrolled_at is null",
            [organization.into(), patient.into(), change.now.into()],
        ))
        .await?;
    Ok((enrolled.rows_affected() == 1).then_some(patient))
}

/// The open invitation of a link. Three statements.
async fn open(core: &Core, token: &Secret) -> Result<Option<Open>, Fault> {
    let Some((link, invitation)) = links::find(core, token).await?.and_then(of_invitation) else {
        return Ok(None);
    };
    let organization = link.organization_id;
    let connection = core.store.reader();
    let row = connection
        .query_one_raw(sql(
            connection,
            "select i.expires_at, o.name, o.slug, o.default_language, p.language from invitation i \
             join organization o on o.id = i.organization_id \
             join patient p on p.organization_id = i.organization_id and p.id = i.patient_id \
             where i.organization_id = $1 and i.id = $2 and i.accepted_at is null and i.expires_at > $3 \
             and p.portal_allowed and p.enrolled_at is null",
            [
                organization.into(),
                invitation.into(),
                core.clock.now().into(),
            ],
        ))
        .await?;
    let wording = wording::current(connection, organization).await?;
    let Some((row, wording)) = row.zip(wording) else {
        return Ok(None);
    };
    let expires_at: DateTime<Utc> = row.try_get("", "expires_at")?;
    Ok(Some(Open {
        organization,
        invitation,
        expires_at: expires_at.min(link.expires_at),
        clinic_name: row.try_get("", "name")?,
        clinic_slug: row.try_get("", "slug")?,
        clinic_language: row.try_get("", "default_language")?,
        patient_language: row.try_get("", "language")?,
        wording,
    }))
}

fn of_invitation(link: link::Model) -> Option<(link::Model, InvitationId)> {
    match link.purpose {
        NotificationPurpose::Invitation => {
            let invitation = link.invitation_id?;
            Some((link, invitation))
        }
        NotificationPurpose::NewPatientMessage
        | NotificationPurpose::UnreadReminder
        | NotificationPurpose::UrgentPatientMessage
        | NotificationPurpose::TextingChanged
        | NotificationPurpose::AttentionNeeded
        | NotificationPurpose::ScheduledMessageStopped
        | NotificationPurpose::CaseAssigned
        | NotificationPurpose::ReminderIncomplete
        | NotificationPurpose::TextNotDelivered
        | NotificationPurpose::CaseClosed
        | NotificationPurpose::NewClinicMessage
        | NotificationPurpose::SignInCode
        | NotificationPurpose::PasswordReset => None,
    }
}
