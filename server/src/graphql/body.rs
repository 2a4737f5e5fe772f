//! What people write in messages: plain text, or formatted.

use async_graphql::ID;
use entity::{ConversationId, MessageKind, MessageTemplateId};

use super::{
    error::{ApiResult, UserError, UserErrorCode, sentence},
    id::read_id,
    rich_text::{RichTextInput, wrong_text},
};
use crate::domain::{
    messages::{Draft, DraftError, Enclosures, TemplateDraft, Wording},
    rich_text::{RichText, Written},
};

/// Reads formatted text.
///
/// # Errors
/// What must be mended.
pub fn rich(field: &str, text: RichTextInput) -> Result<RichText, UserError> {
    RichText::read(&Written::from(text)).map_err(|error| wrong_text(field, error))
}

/// What a client gives as a message: one of these words, files, or both.
pub struct Given {
    /// The field `body`.
    pub plain: Option<String>,
    /// The field `richBody`.
    pub formatted: Option<RichTextInput>,
    /// The field `templateId`.
    pub template: Option<ID>,
    /// The files.
    pub files: Enclosures,
}

/// Reads a message: plain text, which is kept as it is, formatted text, which is cleaned, or a template; or only files. The
/// inner error is what must be mended.
///
/// # Errors
/// [`ApiError::NotFound`](super::error::ApiError::NotFound) for what is no template's id.
pub fn wording(
    conversation: ConversationId,
    given: Given,
    key: String,
) -> ApiResult<Result<Wording, UserError>> {
    let files = given.files;
    let draft = match (given.plain, given.formatted, given.template) {
        (body, None, None) => plain(conversation, MessageKind::Message, (body, files), key),
        (None, Some(text), None) => rich("richBody", text).and_then(|text| {
            let draft = Draft::rich(conversation, &text, key).map_err(draft_error)?;
            Ok(draft.enclosing(files))
        }),
        (None, None, Some(id)) => {
            let wanted = template(&id, key)?;
            return Ok(wanted.map(|wanted| Wording::Template(wanted.enclosing(files))));
        }
        (_, formatted, template) => {
            let surplus = match (formatted, template) {
                (Some(_), None) => "richBody",
                (Some(_) | None, _) => "templateId",
            };
            return Ok(Err(UserError::at(
                surplus,
                UserErrorCode::Invalid,
                "Give one of `body`, `richBody` and `templateId`.",
            )));
        }
    };
    Ok(draft.map(Wording::Own))
}

/// Reads a message or note in plain text, which is left out where there are only files.
///
/// # Errors
/// What must be mended.
pub fn plain(
    conversation: ConversationId,
    kind: MessageKind,
    (body, files): (Option<String>, Enclosures),
    key: String,
) -> Result<Draft, UserError> {
    match body {
        Some(body) if files.as_slice().is_empty() || !body.trim().is_empty() => {
            Draft::new(conversation, kind, body, key).map(|draft| draft.enclosing(files))
        }
        Some(_) | None => Draft::of_files(conversation, kind, files, key),
    }
    .map_err(draft_error)
}

/// Reads which template is to be sent. The inner error is what must be mended.
///
/// # Errors
/// [`ApiError::NotFound`](super::error::ApiError::NotFound) for what is no template's id.
pub fn template(id: &ID, key: String) -> ApiResult<Result<TemplateDraft, UserError>> {
    let template = read_id(MessageTemplateId::from_public, id)?;
    Ok(TemplateDraft::new(template, key).map_err(draft_error))
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
