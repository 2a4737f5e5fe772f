//! The plain form of a cleaned text: list items with their bullets, cells beside each other, links with where they lead.

use super::markup::{Token, attribute, escape, tokens, unescape};

/// Wide enough that nothing is wrapped: readers' screens do that, and a line break must not part what belongs together.
const WIDTH: usize = 1_000_000;

/// What parts the cells of a row: white space that HTML does not fold.
const BETWEEN_CELLS: &str = "&nbsp; ";

/// The plain form, or none where the markup cannot be laid out.
pub(super) fn plain(html: &str) -> Option<String> {
    let laid_out = html2text::config::plain_no_decorate()
        .no_table_borders()
        .allow_width_overflow()
        .string_from_read(spelled_out(html).as_bytes(), WIDTH)
        .ok()?;
    let mut text = String::with_capacity(laid_out.len());
    let mut blank_lines = 0;
    for line in laid_out.lines().map(str::trim_end) {
        blank_lines = if line.is_empty() { blank_lines + 1 } else { 0 };
        if blank_lines < 2 {
            text.extend(line.chars().map(|c| if c == '\u{a0}' { ' ' } else { c }));
            text.push('\n');
        }
    }
    Some(text.trim_matches(['\n', '\r']).trim_end().to_owned())
}

/// Puts into words what the layout would lose: where a link leads, what is struck out, and a line across the page. A heading
/// is a paragraph of its own.
fn spelled_out(html: &str) -> String {
    let mut written = String::with_capacity(html.len());
    let mut link: Option<(String, usize)> = None;
    for token in tokens(html) {
        match token {
            Token::Open {
                name: "a",
                attributes,
                ..
            } => link = attribute(attributes, "href").map(|href| (href, written.len())),
            Token::Close { name: "a", .. } => {
                if let Some((href, start)) = link.take() {
                    let shown = shown_text(written.get(start..).unwrap_or_default());
                    if !leads_where_it_says(&shown, &href) {
                        written.push_str(&format!(" ({})", escape(without_scheme(&href))));
                    }
                }
            }
            // What is struck out would say the opposite without a mark.
            Token::Open {
                name: "s" | "del" | "strike",
                ..
            }
            | Token::Close {
                name: "s" | "del" | "strike",
                ..
            } => written.push_str("~~"),
            Token::Open { name: "hr", .. } => written.push_str("<p>---</p>"),
            // Laid out as a table, each cell would be filled up to the widest of its column.
            Token::Open {
                name: "table" | "tr",
                ..
            } => written.push_str("<div>"),
            Token::Close {
                name: "table" | "tr",
                ..
            } => written.push_str("</div>"),
            Token::Close {
                name: "td" | "th", ..
            } => written.push_str(BETWEEN_CELLS),
            Token::Open {
                name: "thead" | "tbody" | "td" | "th",
                ..
            }
            | Token::Close {
                name: "thead" | "tbody",
                ..
            } => {}
            Token::Open {
                name: "h1" | "h2" | "h3" | "h4",
                ..
            } => written.push_str("<p>"),
            Token::Close {
                name: "h1" | "h2" | "h3" | "h4",
                ..
            } => written.push_str("</p>"),
            Token::Text(source) | Token::Open { source, .. } | Token::Close { source, .. } => {
                written.push_str(source);
            }
        }
    }
    written
}

fn shown_text(html: &str) -> String {
    tokens(html)
        .filter_map(|token| match token {
            Token::Text(text) => Some(unescape(text)),
            Token::Open { .. } | Token::Close { .. } => None,
        })
        .collect()
}

/// An e-mail address or number speaks for itself.
fn without_scheme(href: &str) -> &str {
    ["mailto:", "tel:"]
        .into_iter()
        .find_map(|scheme| href.strip_prefix(scheme))
        .unwrap_or(href)
}

/// Whether a link's text is its target already, but for what nobody types.
fn leads_where_it_says(shown: &str, href: &str) -> bool {
    let bare = |address: &str| {
        let address = address.trim().trim_end_matches('/').to_lowercase();
        ["https://", "http://", "mailto:", "tel:"]
            .into_iter()
            .find_map(|scheme| address.strip_prefix(scheme))
            .unwrap_or(&address)
            .to_owned()
    };
    bare(shown) == bare(href)
}
