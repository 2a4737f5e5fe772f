//! Levels what somebody wrote before the cleaner parses it: only tags that can stay are left, with the attributes that can
//! stay, and blocks of other kinds become paragraphs.
//!
//! A parser of HTML repairs what is badly nested, and a text can be made so that repairing it takes a hundred thousand
//! times its size. Formatting without attributes of its own cannot be multiplied like that. None of the safety rests on
//! this step: the cleaner judges whatever comes out of it.

use std::{cell::RefCell, collections::HashMap};

use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
    states::RawKind,
};

use super::{MAX_DEPTH, clean::ELEMENTS, markup::escape};

/// Elements that go with all that they hold; what they hold is not read as markup.
const RAW: [&str; 9] = [
    "script", "style", "title", "textarea", "iframe", "noscript", "noembed", "noframes", "xmp",
];

/// Elements that go with all that they hold.
const HOLDING: [&str; 7] = [
    "template", "svg", "math", "select", "object", "video", "audio",
];

/// Blocks of which a paragraph remains. Editors write lines as `div`.
const BLOCKS: [&str; 14] = [
    "div", "section", "article", "header", "footer", "main", "aside", "nav", "address", "center",
    "figure", "dl", "dt", "dd",
];

/// The attributes that the cleaner asks for.
const ATTRIBUTES: [&str; 6] = ["href", "style", "align", "colspan", "rowspan", "start"];

/// Levels HTML. None when its elements stand too deep within each other.
pub(super) fn level(source: &str) -> Option<String> {
    let input = BufferQueue::default();
    input.push_back(source.into());
    let tokenizer = Tokenizer::new(Leveller::default(), TokenizerOpts::default());
    // Feeding stops early only for scripts that run, and here none does.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let levelled = tokenizer.sink.0.into_inner();
    (!levelled.too_deep).then_some(levelled.written)
}

#[derive(Default)]
struct Leveller(RefCell<Levelled>);

#[derive(Default)]
struct Levelled {
    written: String,
    /// Elements of each name that are open.
    open: HashMap<String, usize>,
    too_deep: bool,
    /// The element that goes with all that it holds, and how many of its name stand within each other.
    dropping: Option<(String, usize)>,
}

impl TokenSink for Leveller {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut levelled = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => return levelled.tag(&tag),
            Token::CharacterTokens(text) if levelled.dropping.is_none() => {
                levelled.written.push_str(&escape(&text));
            }
            Token::CharacterTokens(_)
            | Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

impl Levelled {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        if let Some((dropped, depth)) = &mut self.dropping {
            if dropped == name {
                match tag.kind {
                    TagKind::StartTag if !tag.self_closing => *depth += 1,
                    TagKind::StartTag => {}
                    TagKind::EndTag => *depth -= 1,
                }
                if *depth == 0 {
                    self.dropping = None;
                }
            }
            return TokenSinkResult::Continue;
        }
        if RAW.contains(&name) {
            return self.raw(tag);
        }
        if HOLDING.contains(&name) {
            if tag.kind == TagKind::StartTag && !tag.self_closing {
                self.dropping = Some((name.to_owned(), 1));
            }
            return TokenSinkResult::Continue;
        }
        if let Some(kept) = kept_as(name) {
            self.keep(kept, tag);
        }
        TokenSinkResult::Continue
    }

    fn raw(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        if tag.kind == TagKind::EndTag {
            return TokenSinkResult::Continue;
        }
        self.dropping = Some((tag.name.to_string(), 1));
        TokenSinkResult::RawData(match &*tag.name {
            "script" => RawKind::ScriptData,
            "title" | "textarea" => RawKind::Rcdata,
            _ => RawKind::Rawtext,
        })
    }

    fn keep(&mut self, name: &str, tag: &Tag) {
        let is_end = tag.kind == TagKind::EndTag;
        self.written.push_str(if is_end { "</" } else { "<" });
        self.written.push_str(name);
        if !is_end {
            for attribute in &tag.attrs {
                let attribute_name = &*attribute.name.local;
                if ATTRIBUTES.contains(&attribute_name) && !is_formatting(name) {
                    let value = escape(&attribute.value);
                    self.written
                        .push_str(&format!(" {attribute_name}=\"{value}\""));
                }
            }
        }
        self.written.push('>');
        // Those that close themselves are not counted.
        if matches!(
            name,
            "p" | "li" | "tr" | "td" | "th" | "br" | "hr" | "thead" | "tbody"
        ) {
            return;
        }
        let open = self.open.entry(name.to_owned()).or_default();
        if is_end {
            *open = open.saturating_sub(1);
        } else {
            *open += 1;
            self.too_deep |= *open > MAX_DEPTH;
        }
    }
}

/// As what an element stays, if it does.
fn kept_as(name: &str) -> Option<&str> {
    if ELEMENTS.contains(&name) {
        Some(name)
    } else if BLOCKS.contains(&name) {
        Some("p")
    } else if matches!(name, "h5" | "h6") {
        Some("h4")
    } else {
        None
    }
}

/// Emphasis, which a parser continues behind the end of its paragraph.
fn is_formatting(name: &str) -> bool {
    matches!(
        name,
        "b" | "strong" | "i" | "em" | "s" | "strike" | "del" | "code"
    )
}
