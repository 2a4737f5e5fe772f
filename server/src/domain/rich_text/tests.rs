//! What stays, what goes, and that a cleaned text stays as it is.

use std::cell::RefCell;

use html5ever::tokenizer::{
    BufferQueue, Tag, Token as Html, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use proptest::prelude::*;

use super::{clean::ELEMENTS, *};

fn html(source: &str) -> String {
    RichText::from_html(source).unwrap().html
}

fn text(source: &str) -> String {
    RichText::from_html(source).unwrap().text
}

fn refused(source: &str) -> RichTextError {
    RichText::from_html(source).unwrap_err()
}

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

fn judge(html: &str) -> Vec<String> {
    let input = BufferQueue::default();
    input.push_back(html.into());
    let tokenizer = Tokenizer::new(Judge::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

/// The vectors of the file, with their escapes read.
fn vectors() -> Vec<String> {
    include_str!("xss.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(unescaped)
        .collect()
}

fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let (character, after) = match after.strip_prefix("u{") {
            Some(code) => {
                let (code, after) = code.split_once('}').unwrap();
                let code = u32::from_str_radix(code, 16).unwrap();
                (char::from_u32(code).unwrap(), after)
            }
            None => {
                let character = match &after[..1] {
                    "n" => '\n',
                    "t" => '\t',
                    "r" => '\r',
                    "\\" => '\\',
                    "\"" => '"',
                    other => panic!("\\{other} in {line}"),
                };
                (character, &after[1..])
            }
        };
        text.push(character);
        rest = after;
    }
    text + rest
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
fn the_formatting_that_is_allowed_stays() {
    for same in [
        "<p><strong>a</strong> <b>b</b> <em>c</em> <i>d</i> <s>e</s> <del>f</del> <strike>g</strike></p>",
        "<h1>a</h1><h2>b</h2><h3>c</h3><h4>d</h4>",
        "<ul><li>a</li></ul><ol start=\"3\"><li>b</li></ol>",
        "<blockquote><p>a</p></blockquote><hr><pre><code>b &lt;c&gt;</code></pre>",
        "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td colspan=\"2\" style=\"text-align:right\">b</td></tr></tbody></table>",
        "<p style=\"text-align:center\">a<br>b</p>",
        "<p>a &amp; b &lt; c&nbsp;d \"e\"</p>",
    ] {
        assert_eq!(html(same), same);
    }
}

#[test]
fn alignment_has_one_form() {
    for source in [
        "<p align=center>a</p>",
        "<p align=' CENTER '>a</p>",
        "<p style='color: red; TEXT-ALIGN : Center ;'>a</p>",
        "<p style='text-align:left;text-align:center' align=right>a</p>",
    ] {
        assert_eq!(html(source), "<p style=\"text-align:center\">a</p>");
    }
    assert_eq!(
        html("<p style='text-align:start' align=char>a</p>"),
        "<p>a</p>"
    );
}

#[test]
fn lines_of_an_editor_stay_apart() {
    assert_eq!(
        html(
            "<div><div>one</div><div>t<span style='color:red'>w</span>o</div></div><h6>three</h6>"
        ),
        "<p>one</p><p>two</p><h4>three</h4>"
    );
}

#[test]
fn links_lead_where_they_say_and_tell_nothing() {
    assert_eq!(
        html("<a href='HTTPS://Clinic.Example/a b' class=x>here</a>"),
        "<a href=\"https://clinic.example/a%20b\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">here</a>"
    );
    assert_eq!(
        html("<p><a href='javascript:alert(1)'>here</a></p>"),
        "<p>here</p>"
    );
    for kept in ["mailto:desk@clinic.example", "tel:+12025550143"] {
        assert!(html(&format!("<a href='{kept}'>a</a>")).contains(kept));
    }
}

#[test]
fn a_typed_web_address_becomes_a_link() {
    assert_eq!(
        html("<p>See www.clinic.example/opening, or (https://b.example/?x=1&amp;y=2).</p>"),
        "<p>See <a href=\"https://www.clinic.example/opening\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">\
         www.clinic.example/opening</a>, or (<a href=\"https://b.example/?x=1&amp;y=2\" target=\"_blank\" \
         rel=\"noopener noreferrer nofollow\">https://b.example/?x=1&amp;y=2</a>).</p>"
    );
    for same in [
        "<p>at noon.Then rest</p>",
        "<p>e.g. a.b</p>",
        "<pre>www.a.example</pre>",
    ] {
        assert_eq!(html(same), same);
    }
}

#[test]
fn markdown_becomes_the_same_formatting() {
    let rich = RichText::from_markdown(
        "# Fasting\n\n**No food** for ~~10~~ 12 hours.\n\n| Day | Meal |\n|:-:|--:|\n| Mon | none |\n\n- water\n- <script>alert(1)</script>tea\n",
    )
    .unwrap();
    assert!(rich.html.starts_with(
        "<h1>Fasting</h1>\n<p><strong>No food</strong> for <del>10</del> 12 hours.</p>"
    ));
    assert!(
        rich.html
            .contains("<th style=\"text-align:center\">Day</th>")
    );
    assert!(!rich.html.contains("alert"));
    assert_eq!(judge(&rich.html), Vec::<String>::new());
}

#[test]
fn a_text_without_markup_stays_as_it_was_typed() {
    let rich = RichText::from_plain("Dear <you> & me,\r\n2 < 3\n\n\nhttps://a.example\n").unwrap();
    assert_eq!(
        rich.html,
        "<p>Dear &lt;you&gt; &amp; me,<br>2 &lt; 3</p><p><a href=\"https://a.example/\" target=\"_blank\" \
         rel=\"noopener noreferrer nofollow\">https://a.example</a></p>"
    );
    assert_eq!(rich.text, "Dear <you> & me,\n2 < 3\n\nhttps://a.example");
}

#[test]
fn the_plain_form_keeps_what_the_eye_needs() {
    assert_eq!(
        text(
            "<h1>Your visit</h1><p>Bring:</p><ul><li>your <b>card</b></li><li>a list<ul><li>of pills</li></ul></li></ul>\
             <ol start=4><li>four</li><li>five</li></ol><hr><blockquote>quiet</blockquote>\
             <table><tr><th>Day</th><th>Time</th></tr><tr><td>Monday</td><td>9:00</td></tr></table>\
             <p><a href='https://clinic.example/map'>Map</a>, <a href='mailto:desk@clinic.example'>desk@clinic.example</a></p>"
        ),
        "Your visit\n\nBring:\n* your card\n* a list\n  * of pills\n4. four\n5. five\n\n---\n\n> quiet\n\n\
         Day    Time\nMonday 9:00\n\nMap (https://clinic.example/map), desk@clinic.example"
    );
}

#[test]
fn long_lines_are_not_broken() {
    let line = "word ".repeat(900);
    assert_eq!(text(&format!("<p>{line}</p>")), line.trim());
}

#[test]
fn what_cannot_be_read_is_refused() {
    for nothing in [
        " ",
        "<p></p>",
        "<script>alert(1)</script>",
        "<p>&nbsp;\u{200b}<br></p>",
        "<img src=x>",
    ] {
        assert_eq!(refused(nothing), RichTextError::Empty, "{nothing}");
    }
    for control in ["a\u{0}b", "<p>a&#1;b</p>", "a\u{9b}b", "<p>&#x7f;x</p>"] {
        assert_eq!(
            refused(control),
            RichTextError::ControlCharacter,
            "{control:?}"
        );
    }
    assert!(matches!(
        refused(&"a".repeat(50_001)),
        RichTextError::TooLong { .. }
    ));
    assert!(matches!(
        refused(&"a".repeat(20_001)),
        RichTextError::TooLong { .. }
    ));
    assert!(RichText::from_html(&"ä".repeat(20_000)).is_ok());
    assert_eq!(
        refused(&"<blockquote>a".repeat(100)),
        RichTextError::TooDeep
    );
    assert_eq!(
        RichText::from_markdown(&format!("{} a", ">".repeat(2_000))),
        Err(RichTextError::TooDeep)
    );
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
            "<table><tr>{}",
            many(|_| "<td colspan=20>x".to_owned(), 3_000)
        ),
    ] {
        let _: Result<RichText, RichTextError> = RichText::from_html(&source);
    }
}

#[test]
fn nothing_of_it_prints() {
    let rich = RichText::from_plain("very private").unwrap();
    assert_eq!(format!("{rich:?}"), "RichText(…)");
}

/// Pieces of markup, sensible and not.
fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
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
        ])
        .prop_map(str::to_owned),
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
