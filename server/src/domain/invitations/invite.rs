//! Inviting a patient into the portal.

use chrono::TimeDelta;
use entity::{
    InvitationId, NotificationId, NotificationPurpose, NotificationStatus, PersonKind, invitation,
    patient,
};
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait as _, DatabaseTransaction, IntoActiveModel as _,
};

use super::wording;
use crate::domain::{
    core::Core,
    fault::Fault,
    policy::{AsRecordKeeper, PatientInView},
    store::sql,
};

/// How long an invitation can be accepted: as long as the link that is sent with it.
pub const INVITATION_LIFETIME: TimeDelta = TimeDelta::days(14);

/// Why a patient is not invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// The clinic does not let this patient into the portal.
    #[error("the patient is not allowed in the portal")]
    PortalNotAllowed,
    /// The patient has accepted an invitation already.
    #[error("the patient is enrolled already")]
    AlreadyEnrolled,
    /// There is nowhere to send it.
    #[error("no contact is on file")]
    NoContactOnFile,
    /// The server failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<sea_orm::DbErr> for InviteError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

/// Invites a patient: an e-mail or text with a link leaves with the next delivery. Invitations that were sent before are
/// worth nothing from then on. Four statements and the commit.
///
/// # Errors
/// See [`InviteError`].
pub async fn invite(
    core: &Core,
    keeper: &AsRecordKeeper,
    patient: &PatientInView,
) -> Result<invitation::Model, InviteError> {
    let patient = patient.patient();
    if !patient.portal_allowed {
        return Err(InviteError::PortalNotAllowed);
    }
    if patient.enrolled_at.is_some() {
        return Err(InviteError::AlreadyEnrolled);
    }
    if patient.email.is_none() && patient.phone.is_none() {
        return Err(InviteError::NoContactOnFile);
    }
    let now = core.clock.now();
    let invitation = invitation::Model {
        organization_id: patient.organization_id,
        id: InvitationId(core.entropy.uuid(now)),
        patient_id: patient.id,
        invited_by: keeper.staff(),
        expires_at: now + INVITATION_LIFETIME,
        accepted_at: None,
        created_at: now,
    };
    let tx = core.store.begin().await?;
    wording::ensure_any(&tx, patient.organization_id, now).await?;
    withdraw_earlier(&tx, &invitation).await?;
    invitation.clone().into_active_model().insert(&tx).await?;
    notify(core, &tx, patient, &invitation).await?;
    tx.commit().await?;
    Ok(invitation)
}

async fn withdraw_earlier(
    tx: &DatabaseTransaction,
    newer: &invitation::Model,
) -> Result<(), Fault> {
    tx.execute_raw(sql(
        tx,
        "update invitation set expires_at = $3 where organization_id = $1 and patient_id = $2 and accepted_at is null and expires_at > $3",
        [
            newer.organization_id.into(),
            newer.patient_id.into(),
            newer.created_at.into(),
        ],
    ))
    .await?;
    Ok(())
}

async fn notify(
    core: &Core,
    tx: &DatabaseTransaction,
    patient: &patient::Model,
    invitation: &invitation::Model,
) -> Result<(), Fault> {
    let now = invitation.created_at;
    tx.execute_raw(sql(
        tx,
        "insert into notification (organization_id, id, purpose, recipient_kind, recipient_id, patient_id, subject_id, \
         status, due_at, attempts, created_at) values ($1, $2, $3, $4, $5, $5, $6, $7, $8, 0, $8)",
        [
            patient.organization_id.into(),
            NotificationId(core.entropy.uuid(now)).into(),
            NotificationPurpose::Invitation.into(),
            PersonKind::Patient.into(),
            patient.id.into(),
            invitation.id.into(),
            NotificationStatus::Pending.into(),
            now.into(),
        ],
    ))
    .await?;
    Ok(())
}
