//! What stays, what goes, and what the plain form keeps.

mod hostile;

use super::*;
use hostile::judge;

fn html(source: &str) -> String {
    RichText::from_html(source).unwrap().html
}

fn text(source: &str) -> String {
    RichText::from_html(source).unwrap().text
}

fn refused(source: &str) -> RichTextError {
    RichText::from_html(source).unwrap_err()
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
            "<h1>Your visit</h1><p>Bring:</p><ul><li>your <b>card</b>, <s>pen</s></li><li>a list<ul><li>of pills</li></ul></li></ul>\
             <ol start=4><li>four</li><li>five</li></ol><hr><blockquote>quiet</blockquote>\
             <table><tr><th>Day</th><th>Time</th></tr><tr><td>Monday</td><td>9:00</td></tr></table>\
             <p><a href='https://clinic.example/map'>Map</a>, <a href='mailto:desk@clinic.example'>desk@clinic.example</a></p>"
        ),
        "Your visit\n\nBring:\n* your card, ~~pen~~\n* a list\n  * of pills\n4. four\n5. five\n\n---\n\n> quiet\n\n\
         Day  Time\nMonday  9:00\n\nMap (https://clinic.example/map), desk@clinic.example"
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
fn nothing_of_it_prints() {
    let rich = RichText::from_plain("very private").unwrap();
    assert_eq!(format!("{rich:?}"), "RichText(…)");
}
