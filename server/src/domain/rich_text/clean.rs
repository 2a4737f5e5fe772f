//! The cleaner: which elements and attributes stay. Everything else goes, and what it held as text stays.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};
use url::Url;

use super::rewrite::Alignment;

/// The elements that stay.
pub(super) const ELEMENTS: [&str; 27] = [
    "p",
    "br",
    "strong",
    "b",
    "em",
    "i",
    "s",
    "del",
    "strike",
    "h1",
    "h2",
    "h3",
    "h4",
    "ul",
    "ol",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "blockquote",
    "hr",
    "pre",
    "code",
    "a",
];

/// The elements whose text can be aligned.
const ALIGNED: [&str; 7] = ["p", "h1", "h2", "h3", "h4", "th", "td"];

/// The addresses that a link can lead to.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// A link tells the page it leads to nothing, and that page cannot reach back.
pub(super) const LINK_REL: &str = "noopener noreferrer nofollow";

/// The most columns or rows that a cell spans.
const MAX_SPAN: u32 = 20;
/// The highest number that a list begins with.
const MAX_START: u32 = 9_999;

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut attributes: HashMap<&str, HashSet<&str>> = HashMap::from([
        ("a", HashSet::from(["href"])),
        ("ol", HashSet::from(["start"])),
        ("th", HashSet::from(["colspan", "rowspan"])),
        ("td", HashSet::from(["colspan", "rowspan"])),
    ]);
    for element in ALIGNED {
        attributes
            .entry(element)
            .or_default()
            .extend(["align", "style"]);
    }
    let mut cleaner = Builder::empty();
    cleaner
        .tags(HashSet::from(ELEMENTS))
        .clean_content_tags(HashSet::from([
            "script", "style", "title", "textarea", "iframe", "noscript", "noembed", "noframes",
            "xmp", "template", "svg", "math", "select", "object",
        ]))
        .tag_attributes(attributes)
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some(LINK_REL))
        .set_tag_attribute_value("a", "target", "_blank")
        .strip_comments(true)
        .attribute_filter(attribute);
    cleaner
});

/// Cleans once.
pub(super) fn clean(markup: &str) -> String {
    CLEANER.clean(markup).to_string()
}

/// An attribute's value in its one form, if it can stay.
fn attribute<'v>(element: &str, name: &str, value: &'v str) -> Option<Cow<'v, str>> {
    match name {
        "href" => address(value).map(Cow::Owned),
        "style" => Alignment::of_style(value).map(|alignment| alignment.style().into()),
        "align" => Alignment::named(value).map(|alignment| alignment.name().into()),
        "colspan" | "rowspan" => number(value, 2..=MAX_SPAN),
        "start" => number(value, 0..=MAX_START),
        "rel" | "target" if element == "a" => Some(value.into()),
        _ => None,
    }
}

/// A link's target as a browser would read it, so that nobody reads it otherwise later.
pub(super) fn address(value: &str) -> Option<String> {
    let url = Url::parse(value).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    (SCHEMES.contains(&url.scheme()) && (!is_web || url.has_host())).then(|| url.to_string())
}

fn number<'v>(value: &str, allowed: std::ops::RangeInclusive<u32>) -> Option<Cow<'v, str>> {
    let number = value.trim().parse().ok()?;
    allowed
        .contains(&number)
        .then(|| Cow::Owned(number.to_string()))
}
