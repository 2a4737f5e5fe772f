//! What sounds like a wish to get no more texts without being the word for it.

use super::refusal::refuses_texts;
use crate::domain::texting::spelling::spelled;

/// Words that end something.
const ENDING: &[&str] = &[
    "stop",
    "stopp",
    "stopping",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "cease",
    "discontinue",
];
/// What is ended when texts are.
const TEXTS: &[&str] = &[
    "text",
    "texts",
    "texting",
    "txt",
    "txts",
    "txting",
    "message",
    "messages",
    "messaging",
    "msg",
    "msgs",
    "sms",
    "sending",
    "contacting",
    "spam",
    "spamming",
    "bothering",
    "subscription",
    "consent",
];
/// How many words may stand between the two.
const BETWEEN: usize = 3;

/// Words that say nothing else beside a word for stopping.
const COMPANIONS: &[&str] = &[
    "please",
    "pls",
    "plz",
    "now",
    "it",
    "this",
    "that",
    "reply",
    "just",
    "i",
    "we",
    "want",
    "wanna",
    "would",
    "like",
    "to",
    "the",
    "all",
    "immediately",
    "already",
    "ok",
    "okay",
    "yes",
    "no",
    "thanks",
    "thank",
    "you",
    "said",
    "me",
    "word",
    "send",
    "kindly",
    "help",
];
pub(super) const PLAIN_STOP: &[&str] = &["stop", "stopall", "unsubscribe", "stopp", "optout"];

/// Whole texts that mean it in other languages.
const ELSEWHERE: &[&str] = &[
    "alto", "basta", "parar", "pare", "baja", "arret", "arreter", "halt", "stoppen", "stopp",
    "lopeta",
];

const PHRASES: &[&str] = &[
    "opt out",
    "opting out",
    "opt me out",
    "remove me",
    "remove my number",
    "remove this number",
    "delete my number",
    "lose my number",
    "off your list",
    "off this list",
    "off the list",
    "leave me alone",
    "wrong number",
    "wrong person",
    "no more texts",
    "no more messages",
    "no more texting",
    "no more sms",
    "no mas mensajes",
    "plus de messages",
    "keine nachrichten mehr",
];

/// Short words that are one letter away from "stop" and mean something else.
const OTHER_WORDS: &[&str] = &[
    "shop", "top", "step", "slop", "stow", "atop", "stoup", "spot", "stomp", "strop", "sop",
];

pub(super) fn is_near_miss(sentences: &[Vec<String>]) -> bool {
    if let [sentence] = sentences
        && let [word] = sentence.as_slice()
        && (is_any(word, ELSEWHERE) || is_misspelled(word))
    {
        return true;
    }
    only_asks_to_stop(sentences) || sentences.iter().any(|words| wants_no_texts(words))
}

pub(super) fn is(word: &str, plain: &str) -> bool {
    word == spelled(plain)
}

pub(super) fn is_any(word: &str, plain: &[&str]) -> bool {
    plain.iter().any(|plain| is(word, plain))
}

/// Whether all that is said is a word for stopping, and what people put around it.
fn only_asks_to_stop(sentences: &[Vec<String>]) -> bool {
    let mut words = sentences.iter().flatten();
    sentences
        .iter()
        .flatten()
        .any(|word| is_any(word, PLAIN_STOP))
        && words.all(|word| is_any(word, PLAIN_STOP) || is_any(word, COMPANIONS))
}

fn wants_no_texts(words: &[String]) -> bool {
    words.iter().any(|word| is(word, "unsubscribe"))
        || PHRASES.iter().any(|phrase| holds(words, phrase))
        || ends_texts(words)
        || refuses_texts(words)
}

fn holds(words: &[String], phrase: &str) -> bool {
    let phrase: Vec<_> = phrase.split(' ').map(spelled).collect();
    words.windows(phrase.len()).any(|window| window == phrase)
}

/// "Stop sending me these messages", "I want your texts to end".
fn ends_texts(words: &[String]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        if !is_any(word, ENDING) {
            return false;
        }
        let after = words.iter().skip(at + 1).take(BETWEEN + 1);
        let is_last = at + 1 == words.len();
        let before = words[..at]
            .iter()
            .rev()
            .take(if is_last { BETWEEN + 1 } else { 0 });
        after.chain(before).any(|word| is_any(word, TEXTS))
    })
}

/// Whether a text of one word is "stop" with a slip of the finger, or the longer words with two.
fn is_misspelled(word: &str) -> bool {
    let mut once = word.to_owned();
    let mut last = None;
    once.retain(|c| last.replace(c) != Some(c));
    if is(&once, "stop") {
        return true;
    }
    let slips = |plain: &str| strsim::osa_distance(word, &spelled(plain));
    slips("stop") == 1 && !is_any(word, OTHER_WORDS)
        || slips("stopall") == 1
        || slips("unsubscribe") <= 2
}
