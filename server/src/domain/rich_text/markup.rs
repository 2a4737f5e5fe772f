//! Reads the cleaner's own output, which is HTML in one canonical form: `<` only begins a tag, every attribute stands in
//! double quotes, and everything that is open is closed again.
//!
//! This is no parser of HTML, and never sees what somebody wrote.

/// A piece of cleaned HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'h> {
    /// Text, with `&`, `<`, `>` and no-break spaces as character references.
    Text(&'h str),
    /// The beginning of an element.
    Open {
        /// Its name.
        name: &'h str,
        /// Its attributes as they stand.
        attributes: &'h str,
        /// All of it.
        source: &'h str,
    },
    /// The end of an element.
    Close {
        /// Its name.
        name: &'h str,
        /// All of it.
        source: &'h str,
    },
}

impl<'h> Token<'h> {
    /// The piece as it stands.
    pub(crate) const fn source(&self) -> &'h str {
        match self {
            Self::Text(source) | Self::Open { source, .. } | Self::Close { source, .. } => source,
        }
    }
}

/// The pieces of cleaned HTML, in order. Put together again they are the same text.
pub(crate) fn tokens(html: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = if rest.starts_with('<') {
            tag_end(rest)
        } else {
            rest.find('<').unwrap_or(rest.len())
        };
        let (source, after) = rest.split_at(end);
        rest = after;
        Some(read(source))
    })
}

fn read(source: &str) -> Token<'_> {
    let Some(inside) = source.strip_prefix('<') else {
        return Token::Text(source);
    };
    let inside = inside.strip_suffix('>').unwrap_or(inside);
    if let Some(name) = inside.strip_prefix('/') {
        return Token::Close { name, source };
    }
    let (name, attributes) = inside.split_once(' ').unwrap_or((inside, ""));
    Token::Open {
        name,
        attributes,
        source,
    }
}

/// Where a tag ends: at the first `>` outside of quotes.
fn tag_end(tag: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in tag.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at + 1,
            _ => {}
        }
    }
    tag.len()
}

/// The value of an attribute, without its character references.
pub(super) fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        if name.trim() == wanted {
            return Some(unescape(value));
        }
        rest = after;
    }
}

/// Whether an element has no end.
pub(super) fn is_void(name: &str) -> bool {
    matches!(name, "br" | "hr")
}

/// How many elements stand within each other at most.
pub(super) fn depth(html: &str) -> usize {
    let mut depth = 0_usize;
    let mut most = 0;
    for token in tokens(html) {
        match token {
            Token::Open { name, .. } if !is_void(name) => {
                depth += 1;
                most = most.max(depth);
            }
            Token::Close { .. } => depth = depth.saturating_sub(1),
            Token::Open { .. } | Token::Text(_) => {}
        }
    }
    most
}

/// Text as it stands in HTML, between tags or in quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The character references that the cleaner writes, and what they stand for.
const REFERENCES: [(&str, &str); 6] = [
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&nbsp;", "\u{a0}"),
    ("&#39;", "'"),
];

/// The other way round, for what the cleaner or [`escape`] wrote.
pub(crate) fn unescape(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        text.push_str(before);
        let known = REFERENCES
            .into_iter()
            .find_map(|(name, character)| Some((reference.strip_prefix(name)?, character)));
        let (after, character) = known.unwrap_or((&reference[1..], "&"));
        text.push_str(character);
        rest = after;
    }
    text.push_str(rest);
    text
}
