//! Following a link to a file: asked about again, and written down.

use entity::{DownloadId, FileForm, attachment, download};
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use super::{Place, link, may_be_served};
use crate::domain::{
    core::Core,
    fault::Fault,
    policy::{self, Denied},
    secret::Secret,
    sessions::{self, AccessClaims, SessionError},
    source::Source,
    viewer::Viewer,
};

/// Why a link leads to nothing. All reasons look alike to its holder.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// It is no link of this server, has run out, its session has ended, its owner may not see the file any more, or the
    /// file may not be served.
    #[error("there is no such file")]
    NotFound,
    /// Asking failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<Denied> for DownloadError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Fault(fault) => Self::Fault(fault),
            Denied::NotFound
            | Denied::Role(_)
            | Denied::PortalChatOff
            | Denied::NotEnrolled
            | Denied::PortalDisabled
            | Denied::PortalAccessMissing
            | Denied::PatientUploadsOff => Self::NotFound,
        }
    }
}

/// A file on its way to somebody who may have it.
#[derive(Debug)]
pub struct Download {
    attachment: attachment::Model,
    form: FileForm,
    viewer: Viewer,
    reached_by: uuid::Uuid,
}

/// Follows a link: the session must be open, its person may still see what holds the file, and the file may be served.
/// Three statements.
///
/// # Errors
/// See [`DownloadError`].
pub async fn follow(core: &Core, token: &Secret) -> Result<Download, DownloadError> {
    let claims = link::read(core, token).ok_or(DownloadError::NotFound)?;
    let access = AccessClaims {
        organization: claims.organization,
        person: claims.person,
        session: claims.session,
        expires_at: claims.expires_at,
    };
    let viewer = sessions::viewer(core, &access)
        .await
        .map_err(|error| match error {
            SessionError::Ended => DownloadError::NotFound,
            SessionError::Fault(fault) => DownloadError::Fault(fault),
        })?;
    let reader = core.store.reader();
    let file = policy::open_file(
        reader,
        &viewer,
        claims.attachment,
        claims.holder,
        core.clock.now(),
    )
    .await?;
    let attachment = file.attachment().clone();
    let exists = match claims.form {
        FileForm::Original => true,
        FileForm::Thumbnail => attachment.thumbnail_length.is_some(),
    };
    let served = may_be_served(&viewer.settings().attachments, &attachment);
    if exists && served && attachment.disposal.is_none() {
        Ok(Download {
            attachment,
            form: claims.form,
            viewer,
            reached_by: claims.holder.uuid(),
        })
    } else {
        Err(DownloadError::NotFound)
    }
}

impl Download {
    /// Where the bytes are.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::of(&self.attachment)
    }

    /// In which form the file is asked for.
    #[must_use]
    pub fn form(&self) -> FileForm {
        self.form
    }

    /// How many bytes there are.
    #[must_use]
    pub fn length(&self) -> u64 {
        let length = match self.form {
            FileForm::Original => Some(self.attachment.length),
            FileForm::Thumbnail => self.attachment.thumbnail_length.map(i64::from),
        };
        length
            .and_then(|length| length.try_into().ok())
            .unwrap_or(0)
    }

    /// The file.
    #[must_use]
    pub fn attachment(&self) -> &attachment::Model {
        &self.attachment
    }

    /// Writes down who downloads what, and from where (PRV-1): who may have seen a file, so it comes before the first byte, and
    /// stands also where the bytes break off. One statement.
    ///
    /// # Errors
    /// Any failure of the database; nothing may be sent then.
    pub async fn record(&self, core: &Core, source: Source) -> Result<(), Fault> {
        let now = core.clock.now();
        let row = download::Model {
            organization_id: self.attachment.organization_id,
            id: DownloadId(core.entropy.uuid(now)),
            attachment_id: self.attachment.id,
            patient_id: Some(self.attachment.patient_id),
            form: self.form,
            reached_by: self.reached_by,
            person_kind: self.viewer.person().kind(),
            person_id: self.viewer.person().uuid(),
            session_id: self.viewer.session(),
            source: source.to_string(),
            created_at: now,
        };
        row.into_active_model().insert(core.store.writer()).await?;
        Ok(())
    }
}
