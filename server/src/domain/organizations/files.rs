//! What administrators decide about files (SEC-4).

use crate::domain::{
    attachments::is_known,
    messages::MAX_ENCLOSURES,
    people::values::{self, Check, Problem},
    settings::{AttachmentSettings, UnscannedUse},
};

/// The most that a patient's file may be allowed to have: a gibibyte. The operator's limit counts besides.
const MAX_PATIENT_BYTES: u32 = 1_073_741_824;
/// The most that the files of one message may be allowed to have together: as much as an `Int` of the API holds.
const MAX_MESSAGE_BYTES: u32 = 2_147_483_647;

/// What to change of what may be done with files; none leaves a value as it is.
#[derive(Debug, Default)]
pub struct AttachmentChanges {
    /// See [`AttachmentSettings::patient_max_bytes`].
    pub patient_max_bytes: Option<u32>,
    /// See [`AttachmentSettings::patient_types`].
    pub patient_types: Option<Vec<String>>,
    /// See [`AttachmentSettings::message_max_files`].
    pub message_max_files: Option<u32>,
    /// See [`AttachmentSettings::patient_message_max_files`].
    pub patient_message_max_files: Option<u32>,
    /// See [`AttachmentSettings::message_max_bytes`].
    pub message_max_bytes: Option<u32>,
    /// See [`AttachmentSettings::attach_pending`].
    pub attach_pending: Option<bool>,
    /// See [`AttachmentSettings::serve_pending`].
    pub serve_pending: Option<bool>,
    /// See [`AttachmentSettings::unscanned`].
    pub unscanned: Option<UnscannedUse>,
}

impl AttachmentChanges {
    /// Puts what is given in place of what counts.
    pub(super) fn overlay(&self, files: &mut AttachmentSettings) {
        files.patient_max_bytes = self.patient_max_bytes.unwrap_or(files.patient_max_bytes);
        if let Some(types) = &self.patient_types {
            files.patient_types.clone_from(types);
            files.patient_types.sort_unstable();
            files.patient_types.dedup();
        }
        files.message_max_files = self.message_max_files.unwrap_or(files.message_max_files);
        files.patient_message_max_files = self
            .patient_message_max_files
            .unwrap_or(files.patient_message_max_files);
        files.message_max_bytes = self.message_max_bytes.unwrap_or(files.message_max_bytes);
        files.attach_pending = self.attach_pending.unwrap_or(files.attach_pending);
        files.serve_pending = self.serve_pending.unwrap_or(files.serve_pending);
        files.unscanned = self.unscanned.unwrap_or(files.unscanned);
    }
}

pub(super) fn check_files(check: &mut Check, files: &AttachmentSettings) {
    if !files.patient_types.iter().all(|known| is_known(known)) {
        check.wrong("attachments.patientTypes", Problem::NotAFileType);
    }
    for (field, value, least, most) in [
        (
            "attachments.patientMaxBytes",
            files.patient_max_bytes,
            1,
            MAX_PATIENT_BYTES,
        ),
        (
            "attachments.messageMaxFiles",
            files.message_max_files,
            0,
            MAX_ENCLOSURES,
        ),
        (
            "attachments.patientMessageMaxFiles",
            files.patient_message_max_files,
            0,
            MAX_ENCLOSURES,
        ),
        (
            "attachments.messageMaxBytes",
            files.message_max_bytes,
            1,
            MAX_MESSAGE_BYTES,
        ),
    ] {
        check.value(field, values::within(value, least, most));
    }
}
