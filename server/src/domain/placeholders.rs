//! Text with a closed set of placeholders, and nothing else: the language of every template.
//!
//! Reading a template yields pieces that can only be text or one of the placeholders, so that a stored template cannot
//! name anything else, and filling it in cannot fail.

use std::fmt;

/// A closed set of placeholders.
pub trait Placeholders: Copy + Eq + 'static {
    /// All of them.
    const ALL: &'static [Self];

    /// How templates write it, between `{{` and `}}`.
    fn name(self) -> &'static str;
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<P> {
    Text(String),
    Placeholder(P),
}

/// A template that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<P>(Vec<Piece<P>>);

/// Where in a text something stands, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl Place {
    /// The line and column of a byte of a text.
    pub(super) fn of(source: &str, byte: usize) -> Self {
        let before = source.get(..byte).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceholderError {
    /// A placeholder that does not exist, or not here.
    #[error("`{name}` at {place} is not a placeholder; there are {allowed}")]
    Unknown {
        /// What stands between the braces.
        name: String,
        /// Where.
        place: Place,
        /// What could stand there.
        allowed: String,
    },
    /// Something that other template languages have: a tag, a comment, a filter, or braces that do not match.
    #[error(
        "{what} at {place} is not allowed; a template has nothing but text and placeholders such as {{{{ clinic_name }}}}"
    )]
    Syntax {
        /// What it is.
        what: &'static str,
        /// Where.
        place: Place,
    },
}

/// The most characters of a placeholder's name that an error repeats.
const SHOWN_NAME: usize = 40;

impl<P: Placeholders> Template<P> {
    /// Reads a template in which some of the placeholders can stand.
    ///
    /// # Errors
    /// The first thing that is wrong; see [`PlaceholderError`].
    pub fn parse(source: &str, allowed: impl Fn(P) -> bool) -> Result<Self, PlaceholderError> {
        let mut pieces = Vec::new();
        let mut rest = source;
        while let Some(start) = rest.find(['{', '}']) {
            let place = Place::of(source, source.len() - rest.len() + start);
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
                name.trim(),
                place,
                &allowed,
            )?));
            rest = after;
        }
        push_text(&mut pieces, rest);
        Ok(Self(pieces))
    }

    /// Whether the template names a placeholder.
    #[must_use]
    pub fn names(&self, placeholder: P) -> bool {
        self.placeholders().any(|named| named == placeholder)
    }

    /// The placeholders that it names, as often as it does.
    pub fn placeholders(&self) -> impl Iterator<Item = P> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Placeholder(placeholder) => Some(*placeholder),
            Piece::Text(_) => None,
        })
    }

    /// The parts in order.
    pub(super) fn pieces(&self) -> &[Piece<P>] {
        &self.0
    }

    /// The text with something in the place of each placeholder.
    pub(super) fn fill<'v>(&'v self, value: impl Fn(P) -> &'v str) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Placeholder(placeholder) => value(*placeholder),
            })
            .collect()
    }
}

fn push_text<P>(pieces: &mut Vec<Piece<P>>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(before)) => before.push_str(text),
        Some(Piece::Placeholder(_)) | None => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// A single brace is text, unless it begins or ends what other template languages have.
fn after_single_brace<'a, P>(
    marked: &'a str,
    place: Place,
    pieces: &mut Vec<Piece<P>>,
) -> Result<&'a str, PlaceholderError> {
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

fn placeholder<P: Placeholders>(
    name: &str,
    place: Place,
    allowed: impl Fn(P) -> bool,
) -> Result<P, PlaceholderError> {
    if name.contains('|') {
        return Err(syntax("a filter", place));
    }
    let mut here = P::ALL
        .iter()
        .copied()
        .filter(|placeholder| allowed(*placeholder));
    here.clone()
        .find(|placeholder| placeholder.name() == name)
        .ok_or_else(|| PlaceholderError::Unknown {
            name: name.chars().take(SHOWN_NAME).collect(),
            place,
            allowed: listed(&mut here),
        })
}

/// The names as a sentence has them: `a`, `b` and `c`.
fn listed<P: Placeholders>(placeholders: &mut dyn Iterator<Item = P>) -> String {
    let names: Vec<_> = placeholders
        .map(|placeholder| format!("`{}`", placeholder.name()))
        .collect();
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => {
            format!("{} and {last}", before.join(", "))
        }
        _ => names.concat(),
    }
}

const fn syntax(what: &'static str, place: Place) -> PlaceholderError {
    PlaceholderError::Syntax { what, place }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Fruit {
        Apple,
        Pear,
        Plum,
    }

    impl Placeholders for Fruit {
        const ALL: &'static [Self] = &[Self::Apple, Self::Pear, Self::Plum];

        fn name(self) -> &'static str {
            match self {
                Self::Apple => "apple",
                Self::Pear => "pear",
                Self::Plum => "plum",
            }
        }
    }

    fn parse(source: &str) -> Result<Template<Fruit>, PlaceholderError> {
        Template::parse(source, |_| true)
    }

    #[test]
    fn text_and_placeholders_are_told_apart() {
        let template = parse("{{ apple }}: {a} {{pear}}").unwrap();
        assert_eq!(
            template.0,
            [
                Piece::Placeholder(Fruit::Apple),
                Piece::Text(": {a} ".to_owned()),
                Piece::Placeholder(Fruit::Pear),
            ]
        );
        assert_eq!(template.fill(|fruit| fruit.name()), "apple: {a} pear");
    }

    #[test]
    fn an_unknown_placeholder_is_refused_with_its_name_and_place() {
        let error = parse("Hello,\nдля {{ cherry }} {{ pear }}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`cherry` at line 2, column 5 is not a placeholder; there are `apple`, `pear` and `plum`"
        );
        let error =
            Template::<Fruit>::parse("{{ plum }}", |fruit| fruit != Fruit::Plum).unwrap_err();
        assert!(error.to_string().ends_with("there are `apple` and `pear`"));
    }

    #[test]
    fn other_template_languages_are_refused() {
        for source in [
            "{% if pear %}",
            "{# note #}",
            "{{ pear | upper }}",
            "{{ pear",
            "pear }}",
            "{{ }}",
            "{{ pear.core }}",
            "{{ {{ pear }} }}",
            "{{ PEAR }}",
        ] {
            assert!(parse(source).is_err(), "{source}");
        }
    }
}
