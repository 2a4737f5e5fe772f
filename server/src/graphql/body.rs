//! What people write in messages: plain text, or formatted.

use entity::{ConversationId, MessageKind};

use super::{
    error::{UserError, UserErrorCode, sentence},
    rich_text::{RichTextInput, wrong_text},
};
use crate::domain::{
    messages::{Draft, DraftError, Enclosures},
    rich_text::{self, RichText},
};

/// Reads formatted text.
///
/// # Errors
/// What must be mended.
pub fn rich(field: &str, text: RichTextInput) -> Result<RichText, UserError> {
    RichText::read(&rich_text::Written::from(text)).map_err(|error| wrong_text(field, error))
}

/// What somebody wants to send, as it came in.
pub struct Written {
    /// Without formatting.
    pub plain: Option<String>,
    /// Formatted.
    pub formatted: Option<RichTextInput>,
    /// Files.
    pub files: Enclosures,
}

/// Reads a message or note: plain text, which is kept as it is, or formatted text, which is cleaned, or only files.
///
/// # Errors
/// What must be mended.
pub fn draft(
    conversation: ConversationId,
    kind: MessageKind,
    written: Written,
    key: String,
) -> Result<Draft, UserError> {
    let files = written.files;
    match (written.plain, written.formatted) {
        (Some(body), None) if files.as_slice().is_empty() || !body.trim().is_empty() => {
            Draft::new(conversation, kind, body, key).map(|draft| draft.enclosing(files))
        }
        (None, Some(text)) => {
            let text = rich("richBody", text)?;
            Draft::rich(conversation, &text, key).map(|draft| draft.enclosing(files))
        }
        (Some(_) | None, None) => Draft::of_files(conversation, kind, files, key),
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
