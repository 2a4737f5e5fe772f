//! What people write in messages: plain text, or formatted.

use entity::{ConversationId, MessageKind};

use super::{
    error::{UserError, UserErrorCode, sentence},
    rich_text::{RichTextInput, wrong_text},
};
use crate::domain::{
    messages::{Draft, DraftError},
    rich_text::{RichText, Written},
};

/// Reads formatted text.
///
/// # Errors
/// What must be mended.
pub fn rich(field: &str, text: RichTextInput) -> Result<RichText, UserError> {
    RichText::read(&Written::from(text)).map_err(|error| wrong_text(field, error))
}

/// Reads a message: either plain text, which is kept as it is, or formatted text, which is cleaned.
///
/// # Errors
/// What must be mended.
pub fn draft(
    conversation: ConversationId,
    plain: Option<String>,
    formatted: Option<RichTextInput>,
    key: String,
) -> Result<Draft, UserError> {
    match (plain, formatted) {
        (Some(body), None) => Draft::new(conversation, MessageKind::Message, body, key),
        (None, Some(text)) => Draft::rich(conversation, &rich("richBody", text)?, key),
        (None, None) => Err(DraftError::EmptyBody),
        (Some(_), Some(_)) => {
            return Err(UserError::at(
                "richBody",
                UserErrorCode::Invalid,
                "Give either `body` or `richBody`.",
            ));
        }
    }
    .map_err(draft_error)
}

/// What must be mended of a draft.
pub fn draft_error(error: DraftError) -> UserError {
    let sentence = sentence(&error);
    match error {
        DraftError::EmptyBody => UserError::at("body", UserErrorCode::Blank, sentence),
        DraftError::BodyTooLong => UserError::at("body", UserErrorCode::TooLong, sentence),
        DraftError::ControlCharacter => UserError::at("body", UserErrorCode::Invalid, sentence),
        DraftError::BadKey => UserError::at("idempotencyKey", UserErrorCode::Invalid, sentence),
    }
}
