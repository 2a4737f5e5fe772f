//! What the clinic decides about files.

use async_graphql::{InputObject, SimpleObject};

use crate::domain::{organizations::AttachmentChanges, settings};

/// What may be done with files. Whether patients may send them is a rule of each kind of conversation.
#[derive(Clone, Debug, SimpleObject)]
pub struct AttachmentSettings {
    /// The most bytes of a file that a patient sends.
    patient_max_bytes: u32,
    /// Whether files can be downloaded while they wait for their inspection.
    serve_pending: bool,
    /// Whether files can be downloaded that no malware scanner has seen, because there is none or they are too long for it.
    serve_unscanned: bool,
}

impl From<&settings::AttachmentSettings> for AttachmentSettings {
    fn from(settings: &settings::AttachmentSettings) -> Self {
        Self {
            patient_max_bytes: settings.patient_max_bytes,
            serve_pending: settings.serve_pending,
            serve_unscanned: settings.serve_unscanned,
        }
    }
}

/// What to change of what may be done with files. What is left out or null stays as it is.
#[derive(InputObject, Default)]
pub struct AttachmentSettingsInput {
    /// The most bytes of a file that a patient sends; 1 to 1,073,741,824, and never more than the server takes.
    patient_max_bytes: Option<u32>,
    /// Whether files can be downloaded while they wait for their inspection.
    serve_pending: Option<bool>,
    /// Whether files can be downloaded that no malware scanner has seen, because there is none or they are too long for it.
    serve_unscanned: Option<bool>,
}

impl From<AttachmentSettingsInput> for AttachmentChanges {
    fn from(input: AttachmentSettingsInput) -> Self {
        Self {
            patient_max_bytes: input.patient_max_bytes,
            serve_pending: input.serve_pending,
            serve_unscanned: input.serve_unscanned,
        }
    }
}
