//! What the cleaner leaves to do: attributes in one order and one form, links without a target and empty paragraphs taken
//! away, and web addresses that somebody just typed made into links.

use linkify::{LinkFinder, LinkKind};

use super::{
    clean::address,
    markup::{Token, attribute, escape, tokens, unescape},
};

/// How a paragraph or cell is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alignment {
    Left,
    Right,
    Center,
    Justify,
}

impl Alignment {
    const ALL: [Self; 4] = [Self::Left, Self::Right, Self::Center, Self::Justify];

    /// How HTML and CSS name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Center => "center",
            Self::Justify => "justify",
        }
    }

    /// The style attribute that sets it, the one form that stays.
    pub(super) const fn style(self) -> &'static str {
        match self {
            Self::Left => "text-align:left",
            Self::Right => "text-align:right",
            Self::Center => "text-align:center",
            Self::Justify => "text-align:justify",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.trim();
        Self::ALL
            .into_iter()
            .find(|alignment| alignment.name().eq_ignore_ascii_case(name))
    }

    /// The alignment that a style attribute asks for; the last one counts.
    pub(super) fn of_style(style: &str) -> Option<Self> {
        style
            .split(';')
            .filter_map(|declaration| {
                let (property, value) = declaration.split_once(':')?;
                property
                    .trim()
                    .eq_ignore_ascii_case("text-align")
                    .then(|| Self::named(value))?
            })
            .next_back()
    }
}

/// Rewrites cleaned HTML; it must be cleaned again.
pub(super) fn rewrite(html: &str) -> String {
    let mut written = String::with_capacity(html.len());
    // Within links, and where signs are shown as they are, an address stays as it was typed.
    let mut within_link = false;
    let mut within_code = 0_usize;
    for token in tokens(html) {
        match token {
            Token::Text(text) if within_link || within_code > 0 => written.push_str(text),
            Token::Text(text) => link_addresses(text, &mut written),
            Token::Open {
                name: "a",
                attributes,
                ..
            } => {
                if let Some(href) = attribute(attributes, "href") {
                    within_link = true;
                    written.push_str(&format!("<a href=\"{}\">", escape(&href)));
                }
            }
            Token::Close { name: "a", .. } => {
                if within_link {
                    written.push_str("</a>");
                }
                within_link = false;
            }
            Token::Open {
                name, attributes, ..
            } => {
                within_code += usize::from(is_code(name));
                open(name, attributes, &mut written);
            }
            // Of a block that was made a paragraph around others nothing is left.
            Token::Close { name: "p", .. } if written.ends_with("<p>") => {
                written.truncate(written.len() - "<p>".len());
            }
            Token::Close { name, source } => {
                within_code = within_code.saturating_sub(usize::from(is_code(name)));
                written.push_str(source);
            }
        }
    }
    written
}

fn is_code(name: &str) -> bool {
    matches!(name, "pre" | "code")
}

fn open(name: &str, attributes: &str, written: &mut String) {
    written.push('<');
    written.push_str(name);
    for kept in ["colspan", "rowspan", "start"] {
        if let Some(value) = attribute(attributes, kept) {
            written.push_str(&format!(" {kept}=\"{}\"", escape(&value)));
        }
    }
    let alignment = attribute(attributes, "style")
        .and_then(|style| Alignment::of_style(&style))
        .or_else(|| attribute(attributes, "align").and_then(|name| Alignment::named(&name)));
    if let Some(alignment) = alignment {
        written.push_str(&format!(" style=\"{}\"", alignment.style()));
    }
    written.push('>');
}

/// Copies text, with each web address in it as a link.
fn link_addresses(source: &str, written: &mut String) {
    let is_candidate = source.contains("://") || source.to_ascii_lowercase().contains("www.");
    if !is_candidate {
        written.push_str(source);
        return;
    }
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]).url_must_have_scheme(false);
    let text = unescape(source);
    for span in finder.spans(&text) {
        let shown = escape(span.as_str());
        match span.kind().and_then(|_| target(span.as_str())) {
            Some(href) => {
                written.push_str(&format!("<a href=\"{}\">{shown}</a>", escape(&href)));
            }
            None => written.push_str(&shown),
        }
    }
}

/// Where a typed address leads: only what begins with a scheme of the web, or with `www.`, is meant as one.
fn target(typed: &str) -> Option<String> {
    let lower = typed.to_ascii_lowercase();
    if lower.starts_with("http://") || lower.starts_with("https://") {
        address(typed)
    } else if lower.starts_with("www.") {
        address(&format!("https://{typed}"))
    } else {
        None
    }
}
