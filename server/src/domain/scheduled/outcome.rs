//! What becomes of a scheduled message when it is due.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::{ConversationId, MessageId, ScheduledRefusal, ScheduledStatus, scheduled_message};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction};

use super::files::{self, Stopper};
use crate::domain::{
    conversations::BeginError,
    fault::Fault,
    messages::SendError,
    policy::{Denied, EnclosureRefused, PostRefused},
    store::sql,
    templates::Unsendable,
};

/// What becomes of a scheduled message when it is due.
#[derive(Clone, Copy)]
pub(super) enum Outcome {
    /// It stands in a conversation.
    Sent(ConversationId, MessageId),
    /// It has expired.
    Expired,
    /// Somebody has written since its author looked.
    Held,
    /// It cannot be stored.
    Refused(ScheduledRefusal),
}

impl Outcome {
    const fn status(self) -> ScheduledStatus {
        match self {
            Self::Sent(..) => ScheduledStatus::Sent,
            Self::Expired => ScheduledStatus::Expired,
            Self::Held => ScheduledStatus::Held,
            Self::Refused(_) => ScheduledStatus::Refused,
        }
    }
}

/// Stores what becomes of it; what does not leave any more gives its files back. Two statements at most.
pub(super) async fn settle(
    tx: &DatabaseTransaction,
    waiting: &scheduled_message::Model,
    now: DateTime<Utc>,
    outcome: Outcome,
) -> Result<(), Fault> {
    let (conversation, message, refusal, settled_at) = match outcome {
        Outcome::Sent(conversation, message) => {
            (Some(conversation), Some(message), None, Some(now))
        }
        Outcome::Expired => (None, None, None, Some(now)),
        Outcome::Held => (None, None, None, None),
        Outcome::Refused(refusal) => (None, None, Some(refusal), Some(now)),
    };
    tx.execute_raw(sql(
        tx,
        "update scheduled_message set status = $3, refusal = $4, message_id = $5, settled_at = $6, \
         conversation_id = coalesce(conversation_id, $7) where organization_id = $1 and id = $2",
        [
            waiting.organization_id.into(),
            waiting.id.into(),
            outcome.status().into(),
            refusal.into(),
            message.into(),
            settled_at.into(),
            conversation.into(),
        ],
    ))
    .await?;
    match outcome {
        Outcome::Sent(..) | Outcome::Held => Ok(()),
        Outcome::Expired | Outcome::Refused(_) => {
            files::give_back(
                tx,
                (waiting.organization_id, waiting.id),
                Stopper::Server,
                now,
            )
            .await
        }
    }
}

impl From<PostRefused> for ScheduledRefusal {
    fn from(refused: PostRefused) -> Self {
        match refused {
            PostRefused::PortalChatOff => Self::PortalChatOff,
            PostRefused::NotEnrolled => Self::NotEnrolled,
            PostRefused::PortalDisabled => Self::PortalDisabled,
            PostRefused::PortalAccessMissing => Self::PatientPortalAccessMissing,
            PostRefused::NoContactOnFile => Self::NoContactOnFile,
            PostRefused::OptedOut => Self::NumberOptedOut,
            PostRefused::NotOffered => Self::KindNotOffered,
            PostRefused::NotStarted => Self::NotStarted,
            PostRefused::Closed => Self::ConversationClosed,
            PostRefused::NotInProgress => Self::CaseNotInProgress,
            PostRefused::TemplateOnly => Self::TemplateRequired,
            // The last three are refusals of what patients write.
            PostRefused::NotFound
            | PostRefused::NotClinician
            | PostRefused::NoteByPatient
            | PostRefused::RepliesOff
            | PostRefused::AlreadyReplied => Self::AuthorNotAllowed,
        }
    }
}

impl From<Unsendable> for ScheduledRefusal {
    fn from(unsendable: Unsendable) -> Self {
        match unsendable {
            Unsendable::NoTranslation => Self::NoTranslation,
            Unsendable::Stale => Self::TranslationStale,
            Unsendable::NotApproved => Self::TemplateNotApproved,
            Unsendable::ValueMissing(_) => Self::ValueMissing,
        }
    }
}

impl From<EnclosureRefused> for ScheduledRefusal {
    fn from(refused: EnclosureRefused) -> Self {
        match refused {
            EnclosureRefused::Infected => Self::FileInfected,
            EnclosureRefused::NotInspected | EnclosureRefused::NotScanned => Self::FileNotInspected,
            EnclosureRefused::UploadsOff
            | EnclosureRefused::NotUsable
            | EnclosureRefused::Type
            | EnclosureRefused::TooMany { .. }
            | EnclosureRefused::TooLong { .. } => Self::FileNotUsable,
        }
    }
}

/// Why a message that is due is refused, unless the database failed.
pub(super) fn refusal_of(error: SendError) -> Result<ScheduledRefusal, Fault> {
    use ScheduledRefusal as Refusal;
    Ok(match error {
        SendError::PortalChatOff => Refusal::PortalChatOff,
        SendError::NotEnrolled => Refusal::NotEnrolled,
        SendError::PortalDisabled => Refusal::PortalDisabled,
        SendError::PortalAccessMissing => Refusal::PatientPortalAccessMissing,
        SendError::NoContactOnFile => Refusal::NoContactOnFile,
        SendError::OptedOut => Refusal::NumberOptedOut,
        SendError::NotOffered => Refusal::KindNotOffered,
        SendError::NotStarted => Refusal::NotStarted,
        SendError::Closed => Refusal::ConversationClosed,
        SendError::NotInProgress => Refusal::CaseNotInProgress,
        SendError::TemplateOnly => Refusal::TemplateRequired,
        SendError::Unsendable(unsendable) => unsendable.into(),
        SendError::Files { why, .. } => why.into(),
        SendError::NotFound
        | SendError::NotClinician
        | SendError::NoteByPatient
        | SendError::RepliesOff
        | SendError::AlreadyReplied => Refusal::AuthorNotAllowed,
        // None of these comes of a message that the server sends by itself.
        SendError::RepliesFixed
        | SendError::AnsweredMeanwhile(_)
        | SendError::KeyReused
        | SendError::Overloaded => return Err(Fault::Corrupt("scheduled message")),
        SendError::Fault(fault) => {
            // Nobody else holds it: it was not that of a batch.
            return Err(Arc::into_inner(fault).unwrap_or(Fault::Stopping));
        }
    })
}

/// Why a secure message that is due does not begin, unless the database failed.
pub(super) fn refusal_of_beginning(error: BeginError) -> Result<ScheduledRefusal, Fault> {
    match error {
        BeginError::Recipient | BeginError::TooManyRecipients => {
            Ok(ScheduledRefusal::RecipientNotAllowed)
        }
        BeginError::Refused(refused) => refusal_of(refused),
        BeginError::Denied(Denied::Fault(fault)) => Err(fault),
        BeginError::Denied(_) => Ok(ScheduledRefusal::AuthorNotAllowed),
    }
}
