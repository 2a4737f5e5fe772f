//! Who may upload files, and go on with uploads.

use chrono::{DateTime, Utc};
use entity::{AttachmentId, OrganizationId, PatientId, PersonId, attachment, patient};
use sea_orm::{ConnectionTrait, FromQueryResult as _};

use super::{
    Denied, clinician, conversations::patient_may_take_part, open_patient, patients::written_about,
};
use crate::domain::{
    attachments::FileRules, fault::Fault, settings::Settings, store::sql, viewer::Viewer,
};

/// The right to upload files about one patient.
#[derive(Clone, Debug)]
pub struct CanUpload {
    organization: OrganizationId,
    person: PersonId,
    patient: PatientId,
    max_bytes: u64,
}

impl CanUpload {
    /// Where.
    #[must_use]
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// Who.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// About whom.
    #[must_use]
    pub fn patient(&self) -> PatientId {
        self.patient
    }

    /// The most bytes of one file.
    #[must_use]
    pub fn max_bytes(&self) -> u64 {
        self.max_bytes
    }
}

/// Lets clinicians upload files about patients within their reach and about those in whose conversations they take part, and
/// patients about themselves where the organization takes files from them. One statement.
///
/// # Errors
/// [`Denied::NotFound`] when the patient does not exist for this viewer; [`Denied::Role`] for staff who are not
/// clinicians; for the patient [`Denied::PatientUploadsOff`] and whatever keeps them from the conversations in which they might attach files.
pub async fn may_upload(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    patient: PatientId,
    rules: &FileRules,
) -> Result<CanUpload, Denied> {
    let max_bytes = match viewer {
        Viewer::Staff(staff) => {
            clinician(viewer)?;
            if !written_about(connection, staff, patient).await? {
                return Err(Denied::NotFound);
            }
            rules.max_bytes
        }
        Viewer::Patient(viewing) => {
            let open = open_patient(connection, viewer, patient).await?;
            let settings = viewing.settings();
            patient_may_attach(settings, open.patient())?;
            rules
                .max_bytes
                .min(settings.attachments.patient_max_bytes.into())
        }
    };
    Ok(CanUpload {
        organization: viewer.organization(),
        person: viewer.person(),
        patient,
        max_bytes,
    })
}

/// Whether a patient takes part in any kind of conversation in which patients may attach files (SEC-4).
fn patient_may_attach(settings: &Settings, record: &patient::Model) -> Result<(), Denied> {
    let mut refusal = Denied::PatientUploadsOff;
    for (kind, rules) in settings.all_rules() {
        if rules.offered && rules.patient_uploads {
            let enrolled = record.enrolled_at.is_some();
            match patient_may_take_part(settings, kind, enrolled, record.portal_allowed) {
                Ok(()) => return Ok(()),
                Err(denied) => refusal = denied,
            }
        }
    }
    Err(refusal)
}

/// A file that its own sender asks for.
#[derive(Clone, Debug)]
pub struct UploadInHand {
    attachment: attachment::Model,
}

impl UploadInHand {
    /// The file.
    #[must_use]
    pub fn attachment(&self) -> &attachment::Model {
        &self.attachment
    }

    /// Gives the file away.
    #[must_use]
    pub fn into_attachment(self) -> attachment::Model {
        self.attachment
    }
}

/// Whether an upload of the viewer's own has run out and is not removed yet. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn own_upload_has_run_out(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    id: AttachmentId,
    now: DateTime<Utc>,
) -> Result<bool, Fault> {
    let row = connection
        .query_one_raw(sql(
            connection,
            "select 1 from attachment where organization_id = $1 and id = $2 and uploaded_by_kind = $3 and uploaded_by_id = $4 \
             and expires_at <= $5",
            [
                viewer.organization().into(),
                id.into(),
                viewer.person().kind().into(),
                viewer.person().uuid().into(),
                now.into(),
            ],
        ))
        .await?;
    Ok(row.is_some())
}

/// Opens an upload for its sender. One statement.
///
/// # Errors
/// [`Denied::NotFound`] when it does not exist, has run out or been given up, or is somebody else's.
pub async fn own_upload(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    id: AttachmentId,
    now: DateTime<Utc>,
) -> Result<UploadInHand, Denied> {
    let row = connection
        .query_one_raw(sql(
            connection,
            "select * from attachment where organization_id = $1 and id = $2 and uploaded_by_kind = $3 and uploaded_by_id = $4 \
             and (disposal is null or disposal = 'BYTES') and (expires_at is null or expires_at > $5)",
            [
                viewer.organization().into(),
                id.into(),
                viewer.person().kind().into(),
                viewer.person().uuid().into(),
                now.into(),
            ],
        ))
        .await?
        .ok_or(Denied::NotFound)?;
    Ok(UploadInHand {
        attachment: attachment::Model::from_query_result(&row, "")?,
    })
}
