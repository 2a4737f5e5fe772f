//! Files that come with a request, piece by piece, while they are stored.

use std::sync::Arc;

use bytes::Bytes;
use entity::attachment;
use futures_util::{
    Stream, StreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use tokio_util::sync::CancellationToken;

use super::{
    AnnounceError, Announcement, BrokenOff, IntakePlace, ReceiveError, UNUSED, announce, lease,
    receive,
};
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

/// Stores a file whose length is not known before its end, in one of the places for files that arrive. Whatever goes wrong,
/// nothing of it stays, also when its client is gone and nobody waits for the answer.
///
/// # Errors
/// See [`UploadError`].
pub async fn store(
    core: &Core,
    can: CanUpload,
    place: IntakePlace,
    file: IncomingFile,
    sha256: Option<[u8; 32]>,
) -> Result<attachment::Model, UploadError> {
    let intake = core.files.intake();
    let (core, stop) = (core.clone(), intake.stopping());
    let work = async move {
        let _place = place;
        let announcement = Announcement {
            file_name: file.file_name,
            length: can.max_bytes(),
            sha256,
        };
        // A process that is killed meanwhile leaves a row that nobody can go on with.
        let upload = announce::until(&core, &can, announcement, UNUSED).await?;
        let bytes = Box::pin(until_stopped(file.bytes, stop));
        Ok(whole(&core, &upload, bytes).await?)
    };
    intake.run(work).await?
}

/// Takes a file of a length that is known at its end. Whatever goes wrong, the upload is given up.
async fn whole(
    core: &Core,
    upload: &attachment::Model,
    bytes: impl Stream<Item = Result<Bytes, BrokenOff>> + Unpin,
) -> Result<attachment::Model, ReceiveError> {
    let mut receiving = receive::begin(core, upload, (0, UNUSED), None).await?;
    receiving.ends_anywhere = true;
    let received = receiving.fill(bytes).await;
    if received.is_err() {
        lease::give_up(core, upload).await?;
    }
    received
}

/// The bytes until the server stops; what is missing then has broken off.
fn until_stopped(
    bytes: BoxStream<'static, Result<Bytes, BrokenOff>>,
    stop: CancellationToken,
) -> impl Stream<Item = Result<Bytes, BrokenOff>> + Send {
    stream::unfold((bytes, stop), async |(mut bytes, stop)| {
        let piece = match stop.run_until_cancelled(bytes.next()).await {
            Some(piece) => piece?,
            None => Err(BrokenOff),
        };
        Some((piece, (bytes, stop)))
    })
}
