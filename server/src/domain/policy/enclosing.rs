//! Which files somebody may send with a message.

use chrono::{DateTime, Utc};
use entity::{AttachmentId, AttachmentStatus, ChartDocumentId, PersonId, PersonKind, attachment};

use super::posting::CanPost;
use crate::domain::{messages::Enclosure, settings::AttachmentSettings};

/// Why files are not sent with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnclosureRefused {
    /// The conversation's rules let patients send none.
    #[error("the clinic takes no files from patients in this conversation")]
    UploadsOff,
    /// It does not exist for the author, has not arrived as a whole, was refused or used before, or is about somebody else.
    #[error(
        "a file has not arrived as a whole, was refused or used before, or is about somebody else"
    )]
    NotUsable,
    /// The organization takes no files of this type from patients.
    #[error("the clinic takes no files of this type from patients")]
    Type,
    /// The malware scanner found something.
    #[error("the malware scanner found something in a file")]
    Infected,
    /// The organization sends only what was inspected.
    #[error("a file waits for its inspection; send it when that has ended")]
    NotInspected,
    /// The organization sends nothing that no malware scanner has seen whole, or nothing that one could not read.
    #[error("no malware scanner has seen all of a file")]
    NotScanned,
    /// More files than the organization allows.
    #[error("a message has at most {max} files here")]
    TooMany {
        /// The most.
        max: u32,
    },
    /// More bytes than the organization allows.
    #[error("the files of a message have at most {max} bytes together")]
    TooLong {
        /// The most.
        max: u32,
    },
}

/// The right to send a file with one message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CanEnclose {
    attachment: AttachmentId,
    enclosure: Enclosure,
}

impl CanEnclose {
    /// The file.
    pub(crate) fn attachment(&self) -> AttachmentId {
        self.attachment
    }

    /// The document of the chart that it is taken from, if it is.
    pub(crate) fn document(&self) -> Option<ChartDocumentId> {
        match self.enclosure {
            Enclosure::Document(id) => Some(id),
            Enclosure::Upload(_) => None,
        }
    }

    /// The file, if it was uploaded for the message.
    pub(crate) fn upload(&self) -> Option<AttachmentId> {
        match self.enclosure {
            Enclosure::Upload(id) => Some(id),
            Enclosure::Document(_) => None,
        }
    }
}

impl CanPost {
    /// Whether the author may send so many files (SEC-4).
    pub(crate) fn check_files(
        &self,
        author: PersonId,
        count: usize,
        settings: &AttachmentSettings,
    ) -> Result<(), EnclosureRefused> {
        let max = match author.kind() {
            PersonKind::Staff => settings.message_max_files,
            PersonKind::Patient if !self.rules.patient_uploads => {
                return Err(EnclosureRefused::UploadsOff);
            }
            PersonKind::Patient => settings
                .message_max_files
                .min(settings.patient_message_max_files),
        };
        if count > max as usize {
            return Err(EnclosureRefused::TooMany { max });
        }
        Ok(())
    }

    /// Decides whether the author may send a file, which is locked until the commit: an upload of their own that nothing has
    /// made use of, or a document of the chart for those who may open it; either about the conversation's patient.
    pub(crate) fn enclose(
        &self,
        author: PersonId,
        (enclosure, file): (Enclosure, &attachment::Model),
        settings: &AttachmentSettings,
        now: DateTime<Utc>,
    ) -> Result<CanEnclose, EnclosureRefused> {
        let theirs = match enclosure {
            Enclosure::Upload(_) => {
                PersonId::from_columns(file.uploaded_by_kind, file.uploaded_by_id) == author
                    && file.expires_at.is_some_and(|end| end > now)
            }
            Enclosure::Document(_) => self.reads_chart,
        };
        if !theirs || file.patient_id != self.conversation.patient_id {
            return Err(EnclosureRefused::NotUsable);
        }
        match file.status {
            AttachmentStatus::Clean => {}
            AttachmentStatus::Unscanned if settings.unscanned.admits(file.unscanned_because) => {}
            AttachmentStatus::Unscanned => return Err(EnclosureRefused::NotScanned),
            AttachmentStatus::Pending if settings.attach_pending => {}
            AttachmentStatus::Pending => return Err(EnclosureRefused::NotInspected),
            AttachmentStatus::Infected => return Err(EnclosureRefused::Infected),
            AttachmentStatus::Uploading | AttachmentStatus::Refused => {
                return Err(EnclosureRefused::NotUsable);
            }
        }
        let may_be_of_type = match author.kind() {
            PersonKind::Staff => true,
            PersonKind::Patient => takes_from_patients(settings, file.media_type.as_deref()),
        };
        if !may_be_of_type {
            return Err(EnclosureRefused::Type);
        }
        if file.disposal.is_some() {
            return Err(EnclosureRefused::NotUsable);
        }
        Ok(CanEnclose {
            attachment: file.id,
            enclosure,
        })
    }
}

fn takes_from_patients(settings: &AttachmentSettings, media_type: Option<&str>) -> bool {
    let types = &settings.patient_types;
    types.is_empty() || types.iter().any(|taken| Some(taken.as_str()) == media_type)
}
