//! Announcing a file: before its first byte it is known who sends it, about whom, and how long it is.

use chrono::TimeDelta;
use entity::{AttachmentId, AttachmentStatus, attachment};
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use super::{UNFINISHED, label};
use crate::domain::{core::Core, fault::Fault, policy::CanUpload, store::sql};
use sea_orm::ConnectionTrait as _;

/// How many files one person may have announced or uploaded without making use of them. What a message held that the server
/// has stopped is none of these: it waits through no doing of theirs.
const MAX_WAITING: i64 = 50;

/// A file that somebody is about to send.
#[derive(Debug)]
pub struct Announcement {
    /// What it is called, as the client says.
    pub file_name: String,
    /// How many bytes it has.
    pub length: u64,
    /// What its SHA-256 must turn out to be.
    pub sha256: Option<[u8; 32]>,
}

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum AnnounceError {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It has more bytes than this person may send.
    #[error("the file has more than {max} bytes")]
    TooLong {
        /// The most.
        max: u64,
    },
    /// The person has too many files waiting already.
    #[error("too many files wait to be used")]
    TooMany,
    /// Asking the database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<sea_orm::DbErr> for AnnounceError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

/// Announces a file. Its id cannot be guessed, and only its sender can use it as an upload. Two statements.
///
/// # Errors
/// See [`AnnounceError`].
pub async fn announce(
    core: &Core,
    can: &CanUpload,
    announcement: Announcement,
) -> Result<attachment::Model, AnnounceError> {
    until(core, can, announcement, UNFINISHED).await
}

/// Announces a file that may rest so long. Two statements.
pub(super) async fn until(
    core: &Core,
    can: &CanUpload,
    announcement: Announcement,
    rest: TimeDelta,
) -> Result<attachment::Model, AnnounceError> {
    let max = can.max_bytes();
    let length = match i64::try_from(announcement.length) {
        Ok(0) => return Err(AnnounceError::Empty),
        Ok(length) if announcement.length <= max => length,
        Ok(_) | Err(_) => return Err(AnnounceError::TooLong { max }),
    };
    let connection = core.store.writer();
    let waiting = connection
        .query_one_raw(sql(
            connection,
            "select count(*) from (select 1 from attachment where organization_id = $1 and uploaded_by_id = $2 \
             and expires_at is not null and (disposal is null or disposal = 'BYTES') and not exists (select 1 from scheduled_file f join scheduled_message m \
             on m.organization_id = f.organization_id and m.id = f.scheduled_message_id where f.organization_id = $1 \
             and f.attachment_id = attachment.id and m.status in ('EXPIRED', 'REFUSED', 'FAILED')) limit $3) waiting",
            [
                can.organization().into(),
                can.person().uuid().into(),
                MAX_WAITING.into(),
            ],
        ))
        .await?
        .ok_or(Fault::Corrupt("count of files"))?;
    if waiting.try_get_by_index::<i64>(0)? >= MAX_WAITING {
        return Err(AnnounceError::TooMany);
    }
    let now = core.clock.now();
    let row = attachment::Model {
        organization_id: can.organization(),
        id: AttachmentId(core.entropy.uuid(now)),
        uploaded_by_kind: can.person().kind(),
        uploaded_by_id: can.person().uuid(),
        patient_id: can.patient(),
        file_name: label(&announcement.file_name),
        length,
        received: 0,
        media_type: None,
        expected_sha256: announcement.sha256.map(Vec::from),
        sha256: None,
        status: AttachmentStatus::Uploading,
        unscanned_because: None,
        disposal: None,
        expires_at: Some(now + rest),
        due_at: now,
        attempts: 0,
        leased_until: None,
        leased_by: None,
        thumbnail_width: None,
        thumbnail_height: None,
        thumbnail_length: None,
        created_at: now,
    };
    Ok(row.into_active_model().insert(connection).await?)
}
