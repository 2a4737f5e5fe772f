//! One pass over a file's bytes: its checksum, whether a text is one to its end, and what the scanner says.

use std::time::Duration;

use aws_lc_rs::digest;
use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::clamd::{Clamd, ScanError, Scanned};
use crate::domain::{
    attachments::{FilesFault, Inspection, PlainText, Turn},
    core::Core,
    fault::Fault,
};

/// How often a long pass says that it is still at work, far within the lease.
const STILL_AT_WORK: Duration = Duration::from_secs(60);

/// What the bytes showed.
pub(super) struct Examined {
    pub(super) sha256: [u8; 32],
    /// Whether the bytes are of the type that their beginning shows.
    pub(super) keeps_type: bool,
    /// None where there is no scanner.
    pub(super) scanned: Option<Scanned>,
}

/// Why a pass came to no end.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExamineError {
    /// Somebody else has the file now, or it is given up.
    #[error("lost")]
    Lost,
    #[error(transparent)]
    Scan(#[from] ScanError),
    #[error(transparent)]
    Files(#[from] FilesFault),
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Reads the file once, in small pieces.
pub(super) async fn examine(
    core: &Core,
    inspection: &Inspection,
    scanner: Option<&Clamd>,
) -> Result<Examined, ExamineError> {
    let mut scan = match scanner {
        Some(scanner) => Some(scanner.begin().await?),
        None => None,
    };
    if inspection.turn() == Turn::First {
        // A process that was killed may have left half a small picture.
        core.files.clear(inspection.place()).await?;
    }
    let mut hash = digest::Context::new(&digest::SHA256);
    let mut text = (inspection.attachment().media_type.as_deref() == Some("text/plain"))
        .then(PlainText::default);
    let mut keeps_type = true;
    let mut said_at = Instant::now();
    let bytes = core
        .files
        .stream(inspection.place(), 0..inspection.length());
    let mut bytes = std::pin::pin!(bytes);
    while let Some(piece) = bytes.next().await {
        let piece = piece?;
        hash.update(&piece);
        if let Some(text) = &mut text {
            keeps_type = keeps_type && text.take(&piece);
        }
        if let Some(scan) = &mut scan {
            scan.send(&piece).await?;
        }
        if said_at.elapsed() > STILL_AT_WORK {
            if !inspection.renew(core).await? {
                return Err(ExamineError::Lost);
            }
            said_at = Instant::now();
        }
    }
    let scanned = match scan {
        Some(scan) => Some(scan.verdict().await?),
        None => None,
    };
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(hash.finish().as_ref());
    Ok(Examined {
        sha256,
        keeps_type: keeps_type && text.is_none_or(|text| text.ends_well()),
        scanned,
    })
}
