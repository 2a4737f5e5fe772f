//! What the clinic decides about files.

use async_graphql::{Enum, InputObject, SimpleObject};

use crate::domain::{organizations::AttachmentChanges, settings};

/// Which files can be sent and downloaded that were inspected and that no malware scanner has seen whole
/// (`Attachment.unscannedBecause`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "settings::UnscannedUse")]
pub enum UnscannedUse {
    /// None: without a scanner no file at all.
    Never,
    /// Those that were inspected where the server has no scanner. What a scanner could not read whole, such as a bomb or an
    /// encrypted archive, is neither sent nor downloaded.
    WithoutScanner,
    /// All.
    Always,
}

/// What may be done with files. Whether patients may send them is a rule of each kind of conversation.
#[derive(Clone, Debug, SimpleObject)]
pub struct AttachmentSettings {
    /// The most bytes of a file that a patient sends.
    patient_max_bytes: u32,
    /// The types of files that patients send, such as `image/jpeg`; empty means all that the server takes.
    patient_types: Vec<String>,
    /// The most files of one message.
    message_max_files: u32,
    /// The most files of one message that a patient sends.
    patient_message_max_files: u32,
    /// The most bytes that the files of one message have together.
    message_max_bytes: u32,
    /// Whether files can be sent while they wait for their inspection. The readers are told what comes of it by
    /// `conversationEvents`.
    attach_pending: bool,
    /// Whether files can be downloaded while they wait for their inspection.
    serve_pending: bool,
    /// Which files can be sent and downloaded that no malware scanner has seen whole. What was sent before is withheld by
    /// the same rule.
    unscanned: UnscannedUse,
}

impl From<&settings::AttachmentSettings> for AttachmentSettings {
    fn from(settings: &settings::AttachmentSettings) -> Self {
        Self {
            patient_max_bytes: settings.patient_max_bytes,
            patient_types: settings.patient_types.clone(),
            message_max_files: settings.message_max_files,
            patient_message_max_files: settings.patient_message_max_files,
            message_max_bytes: settings.message_max_bytes,
            attach_pending: settings.attach_pending,
            serve_pending: settings.serve_pending,
            unscanned: settings.unscanned.into(),
        }
    }
}

/// What to change of what may be done with files. What is left out or null stays as it is.
#[derive(InputObject, Default)]
pub struct AttachmentSettingsInput {
    /// The most bytes of a file that a patient sends; 1 to 1,073,741,824, and never more than the server takes.
    patient_max_bytes: Option<u32>,
    /// The types of files that patients send, such as `image/jpeg`; an empty list means all that the server takes.
    patient_types: Option<Vec<String>>,
    /// The most files of one message; 0 to 50.
    message_max_files: Option<u32>,
    /// The most files of one message that a patient sends; 0 to 50. `messageMaxFiles` counts for them too.
    patient_message_max_files: Option<u32>,
    /// The most bytes that the files of one message have together; 1 to 2,147,483,647.
    message_max_bytes: Option<u32>,
    /// Whether files can be sent while they wait for their inspection.
    attach_pending: Option<bool>,
    /// Whether files can be downloaded while they wait for their inspection.
    serve_pending: Option<bool>,
    /// Which files can be sent and downloaded that no malware scanner has seen whole.
    unscanned: Option<UnscannedUse>,
}

impl From<AttachmentSettingsInput> for AttachmentChanges {
    fn from(input: AttachmentSettingsInput) -> Self {
        Self {
            patient_max_bytes: input.patient_max_bytes,
            patient_types: input.patient_types,
            message_max_files: input.message_max_files,
            patient_message_max_files: input.patient_message_max_files,
            message_max_bytes: input.message_max_bytes,
            attach_pending: input.attach_pending,
            serve_pending: input.serve_pending,
            unscanned: input.unscanned.map(Into::into),
        }
    }
}
