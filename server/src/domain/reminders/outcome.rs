//! From what policy and templates refuse to why a patient gets nothing.

use entity::SkipReason;

use crate::domain::{policy::PostRefused, templates::Unsendable};

impl From<PostRefused> for SkipReason {
    fn from(refused: PostRefused) -> Self {
        match refused {
            PostRefused::PortalDisabled => Self::PortalDisabled,
            PostRefused::PortalAccessMissing => Self::PatientPortalAccessMissing,
            PostRefused::NoContactOnFile => Self::NoContactOnFile,
            PostRefused::OptedOut => Self::NumberOptedOut,
            PostRefused::NotFound | PostRefused::NotClinician => Self::SenderNotAllowed,
            // The others are refusals of other kinds of conversation, or of what patients write.
            PostRefused::NotOffered
            | PostRefused::NoteByPatient
            | PostRefused::PortalChatOff
            | PostRefused::NotEnrolled
            | PostRefused::NotStarted
            | PostRefused::RepliesOff
            | PostRefused::AlreadyReplied
            | PostRefused::Closed
            | PostRefused::NotInProgress
            | PostRefused::TemplateOnly => Self::KindNotOffered,
        }
    }
}

impl From<Unsendable> for SkipReason {
    fn from(unsendable: Unsendable) -> Self {
        match unsendable {
            Unsendable::NoTranslation => Self::NoTranslation,
            Unsendable::Stale => Self::TranslationStale,
            Unsendable::NotApproved => Self::TemplateNotApproved,
            Unsendable::ValueMissing(_) => Self::ValueMissing,
        }
    }
}
