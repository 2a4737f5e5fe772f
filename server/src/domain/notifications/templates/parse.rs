//! The language of notification templates: text with a closed set of placeholders (NOT-5), and nothing else.
//!
//! Reading a template yields pieces that can only be text or one of the placeholders, so that a stored template cannot
//! name anything that a notification must not hold, and rendering cannot fail.

use std::fmt;

use entity::NotificationPurpose;

/// What a template can stand for. None of it is personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Placeholder {
    /// The clinic's name.
    ClinicName,
    /// The link that leads to signing in.
    Link,
    /// The one-time code for signing in.
    Code,
}

impl Placeholder {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ClinicName, Self::Link, Self::Code];

    /// How templates write it, between `{{` and `}}`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClinicName => "clinic_name",
            Self::Link => "link",
            Self::Code => "code",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|placeholder| placeholder.name() == name)
    }

    /// What a notification of this purpose carries: a code, or a link.
    #[must_use]
    pub const fn carried_by(purpose: NotificationPurpose) -> Self {
        match purpose {
            NotificationPurpose::SignInCode => Self::Code,
            NotificationPurpose::NewPatientMessage
            | NotificationPurpose::UnreadReminder
            | NotificationPurpose::NewClinicMessage
            | NotificationPurpose::Invitation
            | NotificationPurpose::PasswordReset => Self::Link,
        }
    }

    /// Whether a template for this purpose can name it.
    #[must_use]
    pub fn allowed_in(self, purpose: NotificationPurpose) -> bool {
        self == Self::ClinicName || self == Self::carried_by(purpose)
    }
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Placeholder(Placeholder),
}

/// A template that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(pub(super) Vec<Piece>);

/// Where in a text something stands, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A placeholder that does not exist, or not for this purpose.
    #[error("`{name}` at {place} is not a placeholder; there are {allowed}")]
    UnknownPlaceholder {
        /// What stands between the braces.
        name: String,
        /// Where.
        place: Place,
        /// What could stand there.
        allowed: String,
    },
    /// Something that other template languages have: a tag, a comment, a filter, or braces that do not match.
    #[error(
        "{what} at {place} is not allowed; a template has nothing but text and placeholders such as {{{{ link }}}}"
    )]
    Syntax {
        /// What it is.
        what: &'static str,
        /// Where.
        place: Place,
    },
    /// Without it the notification is worth nothing to its reader.
    #[error("the placeholder `{{{{ {} }}}}` is missing", .0.name())]
    Missing(Placeholder),
    /// Nothing but white space.
    #[error("the text is empty")]
    Empty,
    /// Longer than allowed.
    #[error("the text is longer than {0} characters")]
    TooLong(usize),
    /// A line break where one line is asked for, or another character that cannot be sent.
    #[error("a control character at {0} cannot be sent")]
    ControlCharacter(Place),
    /// A text message has none, and an e-mail needs one.
    #[error("an e-mail has a subject, and a text message has none")]
    Subject,
    /// The link or code must not stand where it would be shown in lists and on lock screens.
    #[error("the subject names only the clinic")]
    SubjectCarries,
}

/// The most characters of a placeholder's name that an error repeats.
const SHOWN_NAME: usize = 40;

impl Template {
    /// Reads a template for a purpose.
    ///
    /// # Errors
    /// The first thing that is wrong; see [`TemplateError`].
    pub fn parse(purpose: NotificationPurpose, source: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = source;
        while let Some(start) = rest.find(['{', '}']) {
            let place = place_of(source, source.len() - rest.len() + start);
            let (text, marked) = rest.split_at(start);
            push_text(&mut pieces, text);
            let Some(inside) = marked.strip_prefix("{{") else {
                rest = after_single_brace(marked, place, &mut pieces)?;
                continue;
            };
            let Some((name, after)) = inside.split_once("}}") else {
                return Err(syntax("`{{` without `}}`", place));
            };
            pieces.push(Piece::Placeholder(placeholder(
                purpose,
                name.trim(),
                place,
            )?));
            rest = after;
        }
        push_text(&mut pieces, rest);
        Ok(Self(pieces))
    }

    /// Whether the template names a placeholder.
    #[must_use]
    pub fn names(&self, placeholder: Placeholder) -> bool {
        self.0.contains(&Piece::Placeholder(placeholder))
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(before)) => before.push_str(text),
        Some(Piece::Placeholder(_)) | None => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// A single brace is text, unless it begins or ends what other template languages have.
fn after_single_brace<'a>(
    marked: &'a str,
    place: Place,
    pieces: &mut Vec<Piece>,
) -> Result<&'a str, TemplateError> {
    for (mark, what) in [
        ("{%", "the tag `{%`"),
        ("{#", "the comment `{#`"),
        ("}}", "`}}` without `{{`"),
    ] {
        if marked.starts_with(mark) {
            return Err(syntax(what, place));
        }
    }
    let (brace, rest) = marked.split_at(1);
    push_text(pieces, brace);
    Ok(rest)
}

fn placeholder(
    purpose: NotificationPurpose,
    name: &str,
    place: Place,
) -> Result<Placeholder, TemplateError> {
    if name.contains('|') {
        return Err(syntax("a filter", place));
    }
    Placeholder::from_name(name)
        .filter(|placeholder| placeholder.allowed_in(purpose))
        .ok_or_else(|| TemplateError::UnknownPlaceholder {
            name: name.chars().take(SHOWN_NAME).collect(),
            place,
            allowed: Placeholder::ALL
                .into_iter()
                .filter(|placeholder| placeholder.allowed_in(purpose))
                .map(|placeholder| format!("`{}`", placeholder.name()))
                .collect::<Vec<_>>()
                .join(" and "),
        })
}

const fn syntax(what: &'static str, place: Place) -> TemplateError {
    TemplateError::Syntax { what, place }
}

/// The line and column of a byte of a text.
pub(super) fn place_of(source: &str, byte: usize) -> Place {
    let before = source.get(..byte).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    Place {
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: &str) -> Result<Template, TemplateError> {
        Template::parse(NotificationPurpose::NewClinicMessage, source)
    }

    #[test]
    fn text_and_placeholders_are_told_apart() {
        let template = parse("{{ clinic_name }}: {a} {{link}}").unwrap();
        assert_eq!(
            template.0,
            [
                Piece::Placeholder(Placeholder::ClinicName),
                Piece::Text(": {a} ".to_owned()),
                Piece::Placeholder(Placeholder::Link),
            ]
        );
    }

    #[test]
    fn an_unknown_placeholder_is_refused_with_its_name_and_place() {
        let error = parse("Hello,\nдля {{ patient_name }} {{ link }}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`patient_name` at line 2, column 5 is not a placeholder; there are `clinic_name` and `link`"
        );
    }

    #[test]
    fn a_code_belongs_to_signing_in_only() {
        assert!(matches!(
            parse("{{ code }}"),
            Err(TemplateError::UnknownPlaceholder { .. })
        ));
        assert!(Template::parse(NotificationPurpose::SignInCode, "{{ code }}").is_ok());
        assert!(Template::parse(NotificationPurpose::SignInCode, "{{ link }}").is_err());
    }

    #[test]
    fn other_template_languages_are_refused() {
        for source in [
            "{% if link %}",
            "{# note #}",
            "{{ link | upper }}",
            "{{ link",
            "link }}",
            "{{ }}",
            "{{ link.host }}",
            "{{ {{ link }} }}",
            "{{ LINK }}",
        ] {
            assert!(parse(source).is_err(), "{source}");
        }
    }
}
