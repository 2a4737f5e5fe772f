//! What is hostile or senseless: nothing of it gets through, and a cleaned text stays as it is.

use std::cell::RefCell;

use html5ever::tokenizer::{
    BufferQueue, Tag, Token as Html, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use proptest::prelude::*;

use super::super::{clean::ELEMENTS, *};

/// Reads HTML with a parser that is not the cleaner's, and holds every tag to the rules.
#[derive(Default)]
struct Judge(RefCell<Vec<String>>);

impl TokenSink for Judge {
    type Handle = ();

    fn process_token(&self, token: Html, _line: u64) -> TokenSinkResult<()> {
        match token {
            Html::TagToken(tag) => self.0.borrow_mut().extend(offences(&tag)),
            Html::CommentToken(_) | Html::DoctypeToken(_) => {
                self.0.borrow_mut().push(format!("{token:?}"));
            }
            Html::ParseError(_)
            | Html::CharacterTokens(_)
            | Html::NullCharacterToken
            | Html::EOFToken => {}
        }
        TokenSinkResult::Continue
    }
}

fn offences(tag: &Tag) -> Vec<String> {
    let name = &*tag.name;
    if !ELEMENTS.contains(&name) {
        return vec![name.to_owned()];
    }
    let allowed = |attribute: &str, value: &str| match attribute {
        "href" => {
            name == "a"
                && ["http://", "https://", "mailto:", "tel:"]
                    .iter()
                    .any(|scheme| value.starts_with(scheme))
        }
        "rel" => name == "a" && value == "noopener noreferrer nofollow",
        "target" => name == "a" && value == "_blank",
        "style" => [
            "text-align:left",
            "text-align:right",
            "text-align:center",
            "text-align:justify",
        ]
        .contains(&value),
        "colspan" | "rowspan" => (2..=20).contains(&value.parse().unwrap_or(0)),
        "start" => name == "ol" && value.parse().is_ok_and(|start: u32| start < 10_000),
        _ => false,
    };
    tag.attrs
        .iter()
        .filter(|attribute| !allowed(&attribute.name.local, &attribute.value))
        .map(|attribute| format!("{name} {}={}", &*attribute.name.local, &*attribute.value))
        .collect()
}

pub(super) fn judge(html: &str) -> Vec<String> {
    let input = BufferQueue::default();
    input.push_back(html.into());
    let tokenizer = Tokenizer::new(Judge::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

/// The texts of the file.
fn vectors() -> Vec<String> {
    include_str!("../xss.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| serde_json::from_str(&format!("\"{}\"", line.replace('"', "\\\""))).unwrap())
        .collect()
}

fn assert_settled(rich: &RichText, source: &str) {
    assert_eq!(judge(&rich.html), Vec::<String>::new(), "{source}");
    let again = RichText::from_html(&rich.html);
    assert_eq!(
        again.map(|again| again.html).as_ref(),
        Ok(&rich.html),
        "{source}"
    );
}

#[test]
fn nothing_that_runs_or_fetches_gets_through() {
    let vectors = vectors();
    assert!(vectors.len() >= 150);
    for source in vectors {
        for read in [
            RichText::from_html,
            RichText::from_markdown,
            RichText::from_plain,
        ] {
            if let Ok(rich) = read(&source) {
                assert_settled(&rich, &source);
            }
        }
        // With something around it, so that nothing is refused for being empty.
        let surrounded = format!("<p>before</p>{source}<p>after</p>");
        if let Ok(rich) = RichText::from_html(&surrounded) {
            assert!(rich.text.starts_with("before"), "{source}");
            assert_settled(&rich, &surrounded);
        }
    }
}

#[test]
fn hostile_markup_is_refused_or_read_in_time() {
    let many =
        |piece: fn(usize) -> String, times: usize| -> String { (0..times).map(piece).collect() };
    for source in [
        many(|_| "<b>".to_owned(), 16_000),
        many(|_| "<ul>".to_owned(), 12_000),
        many(|_| "<table><td>".to_owned(), 4_500),
        format!(
            "<p>{}</p>{}",
            many(|_| "<b><table></b></table>".to_owned(), 1_000),
            many(|_| "<p>x".to_owned(), 6_000)
        ),
        format!(
            "<p>{}</p>{}",
            many(|_| "<b><i><s><em>".to_owned(), 3),
            many(|_| "<p>x".to_owned(), 10_000)
        ),
        format!(
            "<p>{}</p>{}",
            many(|n| format!("<b a={n}>"), 2_000),
            many(|_| "<p>x".to_owned(), 6_000)
        ),
        format!("<table>{}", many(|_| "<tr><td>x".to_owned(), 5_000)),
        format!(
            "<table><tr><td>{}<td>b{}",
            "x".repeat(19_000),
            many(|_| "<tr><td>a<td>b".to_owned(), 2_000)
        ),
        format!(
            "<table><tr>{}",
            many(|_| "<td colspan=20>x".to_owned(), 3_000)
        ),
    ] {
        let _: Result<RichText, RichTextError> = RichText::from_html(&source);
    }
}

const PIECES: &[&str] = &[
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    "<a href=\"https://a.example/?q=1&b\">",
    "</a>",
    "<table>",
    "</table>",
    "<tr>",
    "<td colspan=3>",
    "</td>",
    "<th align=right>",
    "<ul>",
    "<li>",
    "</ul>",
    "<ol start=2>",
    "</ol>",
    "<h1>",
    "</h2>",
    "<pre>",
    "</pre>",
    "<code>",
    "</code>",
    "<blockquote>",
    "</blockquote>",
    "<hr>",
    "<br>",
    "<s>",
    "</s>",
    "<svg>",
    "</svg>",
    "<math>",
    "<style>",
    "</style>",
    "<select>",
    "<template>",
    "<p style=\"text-align:center\">",
    "<a href=\"javascript:x\">",
    "<font color=x>",
    "<nobr>",
    "<caption>",
    "<!--",
    "-->",
    "<![CDATA[",
    "&lt;",
    "&amp;",
    "&nbsp;",
    "&quot;",
    "\"",
    "'",
    "<",
    ">",
    "www.a.example",
    " https://b.example/x?y=1&amp;z ",
    "\n",
    "\n\n",
    "* ",
    "| a |",
    "```",
    "word",
    " ",
];

/// Pieces of markup, sensible and not.
fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(PIECES).prop_map(str::to_owned),
        "[a-z<>&\"'=/ ]{1,8}",
        "\\PC{1,4}",
    ];
    prop::collection::vec(piece, 1..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn cleaning_a_cleaned_text_changes_nothing(source in markup()) {
        for read in [RichText::from_html, RichText::from_markdown, RichText::from_plain] {
            if let Ok(rich) = read(&source) {
                prop_assert_eq!(judge(&rich.html), Vec::<String>::new());
                let again = RichText::from_html(&rich.html);
                prop_assert_eq!(again, Ok(rich));
            }
        }
    }

    #[test]
    fn pieces_put_together_are_the_same_text(source in markup()) {
        if let Ok(rich) = RichText::from_html(&source) {
            let together: String = tokens(&rich.html).map(|token| token.source()).collect();
            prop_assert_eq!(together, rich.html);
        }
    }

    #[test]
    fn a_text_without_markup_is_escaped_and_back(text in "\\PC{0,40}") {
        prop_assert_eq!(unescape(&escape(&text)), text);
    }
}
