//! The files that somebody wants to send with a message.

use async_graphql::ID;
use entity::{AttachmentId, ChartDocumentId};

use super::error::{UserError, UserErrorCode, sentence};
use crate::domain::{
    messages::{Enclosure, Enclosures},
    policy::EnclosureRefused,
};

const UPLOADS: &str = "attachmentIds";
const DOCUMENTS: &str = "chartDocumentIds";

/// Reads which files are to be sent. What is no id at all is answered as what does not exist.
///
/// # Errors
/// What must be mended.
pub fn read(attachments: &[ID], documents: &[ID]) -> Result<Enclosures, UserError> {
    let unknown = |field| refusal(field, EnclosureRefused::NotUsable);
    let uploads = attachments.iter().map(|id| {
        let id = AttachmentId::from_public(id.as_str());
        id.map(Enclosure::Upload).ok_or_else(|| unknown(UPLOADS))
    });
    let documents = documents.iter().map(|id| {
        let id = ChartDocumentId::from_public(id.as_str());
        id.map(Enclosure::Document)
            .ok_or_else(|| unknown(DOCUMENTS))
    });
    let files: Vec<_> = uploads.chain(documents).collect::<Result<_, _>>()?;
    Enclosures::new(files)
        .map_err(|error| UserError::at(UPLOADS, UserErrorCode::TooManyFiles, sentence(&error)))
}

/// Why files are not sent, at the field that names them.
pub fn refused(which: Option<Enclosure>, why: EnclosureRefused) -> UserError {
    let field = match which {
        Some(Enclosure::Document(_)) => DOCUMENTS,
        Some(Enclosure::Upload(_)) | None => UPLOADS,
    };
    refusal(field, why)
}

fn refusal(field: &str, why: EnclosureRefused) -> UserError {
    let code = match why {
        EnclosureRefused::UploadsOff => UserErrorCode::PatientUploadsOff,
        EnclosureRefused::NotUsable => UserErrorCode::FileNotUsable,
        EnclosureRefused::Type => UserErrorCode::FileTypeNotAllowed,
        EnclosureRefused::Infected => UserErrorCode::FileInfected,
        EnclosureRefused::NotInspected => UserErrorCode::FileNotInspected,
        EnclosureRefused::NotScanned => UserErrorCode::FileNotScanned,
        EnclosureRefused::TooMany { .. } => UserErrorCode::TooManyFiles,
        EnclosureRefused::TooLong { .. } => UserErrorCode::FileTooLong,
    };
    UserError::at(field, code, sentence(&why))
}
