//! What people write: plain or formatted.

use async_graphql::Enum;
use entity::{ConversationId, MessageKind};

use super::error::{UserError, UserErrorCode, capitalized};
use crate::domain::{
    messages::{Draft, DraftError},
    rich_text::{RichText, RichTextError},
};

/// How a text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum BodyFormat {
    /// Plain text, which is kept exactly as it is.
    #[default]
    Plain,
    /// HTML. It is cleaned to headings, bold, italics, strikethrough, lists, tables, alignment and links.
    Html,
    /// Markdown with tables and strikethrough; HTML in it is cleaned likewise.
    Markdown,
}

/// Reads formatted text; plain text too becomes formatted.
///
/// # Errors
/// What must be mended.
pub fn rich(body: &str, format: BodyFormat) -> Result<RichText, UserError> {
    match format {
        BodyFormat::Plain => RichText::from_plain(body),
        BodyFormat::Html => RichText::from_html(body),
        BodyFormat::Markdown => RichText::from_markdown(body),
    }
    .map_err(rich_text_error)
}

/// Reads a message: plain text as it is, anything else cleaned.
///
/// # Errors
/// What must be mended.
pub fn draft(
    conversation: ConversationId,
    body: String,
    format: BodyFormat,
    key: String,
) -> Result<Draft, UserError> {
    match format {
        BodyFormat::Plain => Draft::new(conversation, MessageKind::Message, body, key),
        BodyFormat::Html | BodyFormat::Markdown => {
            Draft::rich(conversation, &rich(&body, format)?, key)
        }
    }
    .map_err(draft_error)
}

/// What must be mended of a draft.
pub fn draft_error(error: DraftError) -> UserError {
    let sentence = capitalized(&error.to_string());
    match error {
        DraftError::EmptyBody => UserError::at("body", UserErrorCode::Blank, sentence),
        DraftError::BodyTooLong => UserError::at("body", UserErrorCode::TooLong, sentence),
        DraftError::ControlCharacter => UserError::at("body", UserErrorCode::Invalid, sentence),
        DraftError::BadKey => UserError::at("idempotencyKey", UserErrorCode::Invalid, sentence),
    }
}

fn rich_text_error(error: RichTextError) -> UserError {
    let sentence = capitalized(&error.to_string());
    let code = match error {
        RichTextError::Empty => UserErrorCode::Blank,
        RichTextError::TooLong { .. } => UserErrorCode::TooLong,
        RichTextError::ControlCharacter | RichTextError::TooDeep => UserErrorCode::Invalid,
    };
    UserError::at("body", code, sentence)
}
