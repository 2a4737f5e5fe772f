//! Formatted texts as the API takes and shows them.

use async_graphql::{OneofObject, SimpleObject};

use super::error::{UserError, UserErrorCode};
use crate::domain::rich_text::{self, RichTextError, Written};

/// A formatted text as it comes in: exactly one of these forms. It is cleaned to paragraphs, headings (`h1` to `h4`), bold,
/// italics, strikethrough, lists, tables, quotations, code, alignment, and links to `http`, `https`, `mailto` and `tel`;
/// everything else is taken away. A web address in the text becomes a link. At most 50,000 characters, and 20,000 without
/// markup.
#[derive(OneofObject)]
pub enum RichTextInput {
    /// HTML, such as an editor in a browser makes.
    Html(String),
    /// Markdown with tables and strikethrough.
    Markdown(String),
    /// A text without markup; blank lines part its paragraphs.
    Plain(String),
}

impl From<RichTextInput> for Written {
    fn from(input: RichTextInput) -> Self {
        match input {
            RichTextInput::Html(source) => Self::Html(source),
            RichTextInput::Markdown(source) => Self::Markdown(source),
            RichTextInput::Plain(source) => Self::Plain(source),
        }
    }
}

/// A formatted text.
#[derive(SimpleObject)]
pub struct RichText {
    /// Cleaned HTML: it runs nothing and fetches nothing.
    html: String,
    /// Its plain form: list items with their bullets, cells beside each other, links with where they lead.
    text: String,
}

impl From<&rich_text::RichText> for RichText {
    fn from(text: &rich_text::RichText) -> Self {
        Self {
            html: text.reveal_html().to_owned(),
            text: text.reveal_text().to_owned(),
        }
    }
}

/// What is wrong with a formatted text.
pub(super) fn wrong_text(field: &str, error: RichTextError) -> UserError {
    let code = match error {
        RichTextError::Empty => UserErrorCode::Blank,
        RichTextError::TooLong { .. } => UserErrorCode::TooLong,
        RichTextError::ControlCharacter | RichTextError::TooDeep => UserErrorCode::Invalid,
    };
    UserError::at(field, code, super::error::sentence(&error))
}
