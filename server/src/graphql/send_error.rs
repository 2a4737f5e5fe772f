//! Why a message was not stored, as the API says it.

use super::{
    enclosures,
    error::{ApiError, ApiResult, UserError, UserErrorCode, sentence},
};
use crate::domain::{messages::SendError, templates::Unsendable};

/// What the user can mend; refusals and faults go to the errors of the response.
///
/// # Errors
/// Refusals and faults.
pub fn send_error(error: SendError) -> ApiResult<UserError> {
    let sentence = sentence(&error);
    let general = |code| Ok(UserError::general(code, sentence.clone()));
    match error {
        SendError::NotFound => Err(ApiError::NotFound),
        SendError::NotClinician | SendError::NoteByPatient => Err(ApiError::Forbidden(sentence)),
        SendError::PortalChatOff => general(UserErrorCode::PortalChatOff),
        SendError::NotEnrolled => general(UserErrorCode::NotEnrolled),
        SendError::PortalDisabled => general(UserErrorCode::PortalDisabled),
        SendError::PortalAccessMissing => general(UserErrorCode::PatientPortalAccessMissing),
        SendError::NoContactOnFile => general(UserErrorCode::NoContactOnFile),
        SendError::OptedOut => general(UserErrorCode::NumberOptedOut),
        SendError::NotOffered => general(UserErrorCode::KindNotOffered),
        SendError::NotStarted => general(UserErrorCode::NotStarted),
        SendError::RepliesOff => general(UserErrorCode::RepliesNotAllowed),
        SendError::AlreadyReplied => general(UserErrorCode::AlreadyReplied),
        SendError::Closed => general(UserErrorCode::ConversationClosed),
        SendError::NotInProgress => general(UserErrorCode::CaseNotInProgress),
        SendError::RepliesFixed => Ok(UserError::at(
            "allowReply",
            UserErrorCode::WrongState,
            sentence,
        )),
        SendError::TemplateOnly => Ok(UserError::at(
            "body",
            UserErrorCode::TemplateRequired,
            sentence,
        )),
        SendError::Unsendable(unsendable) => Ok(UserError::at(
            "templateId",
            unsendable_code(unsendable),
            sentence,
        )),
        SendError::AnsweredMeanwhile(_) => Ok(UserError::at(
            "seenPosition",
            UserErrorCode::AnsweredMeanwhile,
            sentence,
        )),
        SendError::Files { which, why } => Ok(enclosures::refused(which, why)),
        SendError::KeyReused => Ok(UserError::at(
            "idempotencyKey",
            UserErrorCode::IdempotencyKeyReused,
            sentence,
        )),
        SendError::Overloaded => Err(ApiError::RateLimited),
        SendError::Fault(fault) => Err(fault.into()),
    }
}

const fn unsendable_code(unsendable: Unsendable) -> UserErrorCode {
    match unsendable {
        Unsendable::NoTranslation => UserErrorCode::NoTranslation,
        Unsendable::Stale => UserErrorCode::TranslationStale,
        Unsendable::NotApproved => UserErrorCode::TemplateNotApproved,
        Unsendable::ValueMissing(_) => UserErrorCode::ValueMissing,
    }
}
