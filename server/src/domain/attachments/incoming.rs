//! Files that come with a request, piece by piece, while they are stored.

use std::sync::Arc;

use bytes::Bytes;
use entity::attachment;
use futures_util::{future::BoxFuture, stream::BoxStream};

use super::{AnnounceError, Announcement, BrokenOff, ReceiveError, announce, receive};
use crate::domain::{core::Core, fault::Fault, policy::CanUpload};

/// A file that comes with a request.
pub struct IncomingFile {
    /// What the client calls it.
    pub file_name: String,
    /// Its bytes.
    pub bytes: BoxStream<'static, Result<Bytes, BrokenOff>>,
}

/// Gives the file of a number, once.
type Take = dyn Fn(usize) -> BoxFuture<'static, Option<IncomingFile>> + Send + Sync;

/// The files that come with a request. Each can be taken once.
#[derive(Clone)]
pub struct IncomingFiles(Arc<Take>);

impl IncomingFiles {
    /// Files that `take` gives.
    pub fn new(
        take: impl Fn(usize) -> BoxFuture<'static, Option<IncomingFile>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(take))
    }

    /// The file of a number; none when it does not come, or was taken.
    pub async fn take(&self, number: usize) -> Option<IncomingFile> {
        (self.0)(number).await
    }
}

/// Why a file that came with a request was not stored.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// It is not taken at all.
    #[error(transparent)]
    Announce(#[from] AnnounceError),
    /// Its bytes are not taken.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
}

impl From<Fault> for UploadError {
    fn from(fault: Fault) -> Self {
        Self::Receive(fault.into())
    }
}

/// Stores a file whose length is not known before its end. Whatever goes wrong, nothing of it stays.
///
/// # Errors
/// See [`UploadError`].
pub async fn store(
    core: &Core,
    can: &CanUpload,
    file: IncomingFile,
    sha256: Option<[u8; 32]>,
) -> Result<attachment::Model, UploadError> {
    let announcement = Announcement {
        file_name: file.file_name,
        length: can.max_bytes(),
        sha256,
    };
    let upload = announce(core, can, announcement).await?;
    Ok(receive::whole(core, &upload, file.bytes).await?)
}
