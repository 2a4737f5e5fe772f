//! Formatted text (SEC-3): headings, lists, tables, links and a little emphasis, and never anything that a reader's
//! browser would run or fetch.
//!
//! What comes in is cleaned once and kept cleaned, together with its plain form, so that whoever reads it later need not
//! think of it. Cleaning is repeated until it changes nothing any more, which makes a cleaned text stay what it is.

mod clean;
mod level;
mod markup;
mod plain;
mod rewrite;

#[cfg(test)]
mod tests;

use std::fmt;

pub(crate) use markup::{Token, escape, tokens, unescape};

/// The most characters of what somebody wrote, with its markup.
pub const MAX_SOURCE_CHARACTERS: usize = 50_000;
/// The most characters of its plain form.
pub const MAX_TEXT_CHARACTERS: usize = 20_000;
/// How many elements may stand within each other.
pub const MAX_DEPTH: usize = 60;

/// How often a text is cleaned until it must stay the same. Two rounds are the usual number.
const MAX_ROUNDS: usize = 6;

/// A formatted text that was cleaned, and its plain form. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct RichText {
    html: String,
    text: String,
}

impl fmt::Debug for RichText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RichText(…)")
    }
}

/// What somebody wrote, in one of the forms in which it can come in. It does not print.
#[derive(Clone)]
pub enum Written {
    /// HTML, such as an editor in a browser makes.
    Html(String),
    /// Markdown.
    Markdown(String),
    /// Without markup.
    Plain(String),
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Written(…)")
    }
}

/// Why something cannot be a formatted text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RichTextError {
    /// Nothing is left to read once it is cleaned.
    #[error("nothing is left to read once it is cleaned")]
    Empty,
    /// Longer than allowed.
    #[error("it has at most {max} characters")]
    TooLong {
        /// The most.
        max: usize,
    },
    /// A character that cannot be shown.
    #[error("it holds a character that cannot be shown")]
    ControlCharacter,
    /// Lists in lists in tables in quotations, further than anybody reads, or markup that makes no sense.
    #[error("its elements stand too deep within each other")]
    TooDeep,
}

impl RichText {
    /// Reads what somebody wrote.
    ///
    /// # Errors
    /// See [`RichTextError`].
    pub fn read(written: &Written) -> Result<Self, RichTextError> {
        match written {
            Written::Html(source) => Self::from_html(source),
            Written::Markdown(source) => Self::from_markdown(source),
            Written::Plain(source) => Self::from_plain(source),
        }
    }

    /// Reads HTML, such as an editor in a browser makes.
    ///
    /// # Errors
    /// See [`RichTextError`].
    pub fn from_html(source: &str) -> Result<Self, RichTextError> {
        check_source(source)?;
        Self::settled(source)
    }

    /// Reads Markdown with tables and strikethrough. HTML in it is cleaned like all HTML.
    ///
    /// # Errors
    /// See [`RichTextError`].
    pub fn from_markdown(source: &str) -> Result<Self, RichTextError> {
        use pulldown_cmark::{Options, Parser, html};

        check_source(source)?;
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        let mut markup = String::with_capacity(source.len() * 2);
        html::push_html(&mut markup, Parser::new_ext(source, options));
        Self::settled(&markup)
    }

    /// Reads a text without markup: blank lines part paragraphs, and `<` is a sign like any other.
    ///
    /// # Errors
    /// See [`RichTextError`].
    pub fn from_plain(source: &str) -> Result<Self, RichTextError> {
        check_source(source)?;
        let lines = source.replace("\r\n", "\n").replace('\r', "\n");
        let markup: String = lines
            .split("\n\n")
            .map(|paragraph| paragraph.trim_matches('\n'))
            .filter(|paragraph| !paragraph.trim().is_empty())
            .map(|paragraph| format!("<p>{}</p>", escape(paragraph).replace('\n', "<br>")))
            .collect();
        Self::settled(&markup)
    }

    /// What the database holds, which was cleaned before it was stored.
    pub(crate) fn stored(html: String, text: String) -> Self {
        Self { html, text }
    }

    /// The cleaned HTML, for its reader's eyes; never for logs, metrics, URLs or errors.
    #[must_use]
    pub fn reveal_html(&self) -> &str {
        &self.html
    }

    /// The plain form, for its reader's eyes; never for logs, metrics, URLs or errors.
    #[must_use]
    pub fn reveal_text(&self) -> &str {
        &self.text
    }

    /// Cleans until nothing changes any more.
    fn settled(markup: &str) -> Result<Self, RichTextError> {
        let levelled = level::level(markup).ok_or(RichTextError::TooDeep)?;
        let mut html = clean::clean(&levelled);
        for _ in 0..MAX_ROUNDS {
            check_markup(&html)?;
            let next = clean::clean(&rewrite::rewrite(&html));
            if next == html {
                return Self::checked(html);
            }
            html = next;
        }
        Err(RichTextError::TooDeep)
    }

    fn checked(html: String) -> Result<Self, RichTextError> {
        let text = plain::plain(&html).ok_or(RichTextError::TooDeep)?;
        if text.chars().all(is_blank) {
            return Err(RichTextError::Empty);
        }
        if text.chars().count() > MAX_TEXT_CHARACTERS {
            return Err(RichTextError::TooLong {
                max: MAX_TEXT_CHARACTERS,
            });
        }
        // A character reference can name what the source may not hold.
        if tokens(&html).any(|token| has_control_character(&unescape(token.source()))) {
            return Err(RichTextError::ControlCharacter);
        }
        Ok(Self { html, text })
    }
}

/// Links grow by the attributes that every link gets; a text that is full of them is still no bigger than this.
fn check_markup(html: &str) -> Result<(), RichTextError> {
    if html.len() > MAX_SOURCE_CHARACTERS * 4 {
        Err(RichTextError::TooLong {
            max: MAX_SOURCE_CHARACTERS,
        })
    } else if markup::depth(html) > MAX_DEPTH {
        Err(RichTextError::TooDeep)
    } else {
        Ok(())
    }
}

fn check_source(source: &str) -> Result<(), RichTextError> {
    if source.trim().is_empty() {
        Err(RichTextError::Empty)
    } else if source.chars().count() > MAX_SOURCE_CHARACTERS {
        Err(RichTextError::TooLong {
            max: MAX_SOURCE_CHARACTERS,
        })
    } else if has_control_character(source) {
        Err(RichTextError::ControlCharacter)
    } else {
        Ok(())
    }
}

fn has_control_character(text: &str) -> bool {
    text.chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Whether a character leaves nothing to see: white space, and what has no width.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
