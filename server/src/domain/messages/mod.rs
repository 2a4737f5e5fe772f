//! Messages and internal notes: sending them exactly once, and listing them.

mod awaited;
mod batch;
mod caused;
mod draft;
mod enclosed;
mod enclosure;
mod kept;
mod list;
mod missed;
mod of_cases;
mod pages;
mod post_office;
mod remarkable;
mod texted;
mod wording;
mod write;

use std::sync::Arc;

use entity::{MessageId, message};

pub(super) use draft::is_idempotency_key;
pub use draft::{Draft, DraftError, MAX_BODY_CHARACTERS, MAX_KEY_BYTES};
pub(crate) use enclosed::admit_files;
pub use enclosure::{Enclosure, Enclosures, MAX_ENCLOSURES, TooManyEnclosures};
pub use list::{Author, MessageView, ReadError, by_ids, latest, open, page, with_author};
pub use pages::pages;
pub use post_office::PostOffice;
pub(crate) use remarkable::has_priority;
pub(in crate::domain) use texted::fits;
pub use wording::{TemplateDraft, Wording, fill};
pub(crate) use write::{Bundle, write_first};

use super::{
    core::Core,
    fault::Fault,
    policy::{EnclosureRefused, PostRefused},
    templates::Unsendable,
    viewer::Viewer,
};

/// The confirmation that a message is stored (LIVE-7).
#[derive(Clone, Debug)]
pub struct Sent {
    /// The message as it is stored.
    pub message: message::Model,
    /// Who wrote it, where that was read on the way; [`with_author`] finds it otherwise.
    pub author: Option<Author>,
    /// Whether an earlier request with the same idempotency key had stored it.
    pub replayed: bool,
}

/// Why a message was not stored.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The conversation does not exist for this viewer.
    #[error("the conversation does not exist")]
    NotFound,
    /// Only clinicians write.
    #[error("writing needs the role of a clinician")]
    NotClinician,
    /// Patients write no notes.
    #[error("only staff write internal notes")]
    NoteByPatient,
    /// The organization has not switched portal chat on.
    #[error("the clinic does not offer chat in the portal")]
    PortalChatOff,
    /// The patient is not enrolled in the portal.
    #[error("the patient is not enrolled in the portal")]
    NotEnrolled,
    /// The organization has no patient portal.
    #[error("the clinic has no patient portal")]
    PortalDisabled,
    /// The patient is not allowed into the portal.
    #[error("the patient is not allowed into the portal")]
    PortalAccessMissing,
    /// Neither an address nor a mobile number of the patient is on file.
    #[error("neither an e-mail address nor a mobile number of the patient is on file")]
    NoContactOnFile,
    /// Only texts would reach the patient, who has opted out of them.
    #[error("only text messages would reach the patient, who has opted out of them")]
    OptedOut,
    /// The organization does not offer conversations of this kind.
    #[error("the clinic does not offer conversations of this kind")]
    NotOffered,
    /// The other side has to write first.
    #[error("the other side has to write first")]
    NotStarted,
    /// The patient may not answer.
    #[error("the clinic does not take answers in this conversation")]
    RepliesOff,
    /// Whether the patient may answer is not said for single conversations of this kind.
    #[error("whether the patient may answer is not said for single conversations of this kind")]
    RepliesFixed,
    /// The patient has answered, and the clinic has not written since.
    #[error("one answer is taken, until the clinic writes again")]
    AlreadyReplied,
    /// The conversation is closed.
    #[error("the conversation is closed")]
    Closed,
    /// Nobody has begun to work on the case.
    #[error("the case is new; messages are sent while it is in progress")]
    NotInProgress,
    /// Staff write here only what an approved template says.
    #[error("only approved templates can be sent here")]
    TemplateOnly,
    /// The template cannot be sent to the patient.
    #[error(transparent)]
    Unsendable(Unsendable),
    /// A colleague has answered since the author looked; these messages are what was missed, the oldest first.
    #[error("a colleague has answered meanwhile")]
    AnsweredMeanwhile(Vec<MessageId>),
    /// Files cannot be sent with it.
    #[error("{why}")]
    Files {
        /// The one; none where it is about all of them.
        which: Option<Enclosure>,
        /// Why.
        why: EnclosureRefused,
    },
    /// The idempotency key was used for another text.
    #[error("the idempotency key was used for another message")]
    KeyReused,
    /// Too many messages wait to be stored.
    #[error("too many messages wait to be stored")]
    Overloaded,
    /// The database failed.
    #[error(transparent)]
    Fault(#[from] Arc<Fault>),
}

impl From<Fault> for SendError {
    fn from(fault: Fault) -> Self {
        Self::Fault(Arc::new(fault))
    }
}

impl From<PostRefused> for SendError {
    fn from(refused: PostRefused) -> Self {
        match refused {
            PostRefused::NotFound => Self::NotFound,
            PostRefused::NotClinician => Self::NotClinician,
            PostRefused::NoteByPatient => Self::NoteByPatient,
            PostRefused::PortalChatOff => Self::PortalChatOff,
            PostRefused::NotEnrolled => Self::NotEnrolled,
            PostRefused::PortalDisabled => Self::PortalDisabled,
            PostRefused::PortalAccessMissing => Self::PortalAccessMissing,
            PostRefused::NoContactOnFile => Self::NoContactOnFile,
            PostRefused::OptedOut => Self::OptedOut,
            PostRefused::NotOffered => Self::NotOffered,
            PostRefused::NotStarted => Self::NotStarted,
            PostRefused::RepliesOff => Self::RepliesOff,
            PostRefused::AlreadyReplied => Self::AlreadyReplied,
            PostRefused::Closed => Self::Closed,
            PostRefused::NotInProgress => Self::NotInProgress,
            PostRefused::TemplateOnly => Self::TemplateOnly,
        }
    }
}

/// Stores a message or note, with its event and the notifications that it causes, and answers when all of that is on
/// disk. The same idempotency key gives the same message again, whoever of the same side retries and whenever.
///
/// Sends that come together share one transaction: eight statements and one commit for up to 32 messages, two more when
/// templates are among them, and at most five more when some of them have files.
///
/// # Errors
/// See [`SendError`]. After [`SendError::Fault`] the message may or may not be stored; a retry with the same key tells.
pub async fn send(core: &Core, viewer: &Viewer, draft: Draft) -> Result<Sent, SendError> {
    core.post_office
        .post(core, viewer.organization(), viewer.person(), draft)
        .await
}
