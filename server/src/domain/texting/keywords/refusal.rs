//! Whoever asks not to be written to, or says that they do not want what they get.

use super::near_miss::{is, is_any};

const NOT: &[&str] = &["not", "dont", "never", "nomore"];

/// What somebody asks not to be done.
const WRITING: &[&str] = &["text", "txt", "message", "msg", "contact", "sms", "write"];
/// What follows it then, if anything does.
const TO_ME: &[&str] = &[
    "me", "us", "this", "my", "again", "anymore", "here", "to", "please", "ever",
];

/// What makes of a word for writing the name of what is written: "Don't send the message to my wife".
const BEFORE_NOUNS: &[&str] = &["the", "a", "an", "that", "any", "your", "my"];

const SENDING: &[&str] = &["send", "sending"];
const WANTING: &[&str] = &["want", "wanna", "need", "wish", "like"];
/// What stands before the verb without changing it.
const FILLING: &[&str] = &[
    "ever", "please", "really", "even", "keep", "actually", "dare",
];

/// Who says of themselves or of others what is not sent, and asks for nothing: "I did not send the texts".
const TELLING: &[&str] = &[
    "i", "we", "you", "he", "she", "it", "they", "who", "that", "did", "does", "could", "can",
    "will", "would", "have", "has", "had", "was", "is", "may", "might",
];
/// What may stand between a word for asking and whom it asks.
const ASKING: &[&str] = &["do", "please", "just", "so", "pls", "plz"];

/// What may stand between the verb and the texts.
const LINKS: &[&str] = &[
    "me",
    "us",
    "any",
    "anymore",
    "more",
    "of",
    "these",
    "those",
    "this",
    "your",
    "ur",
    "the",
    "such",
    "so",
    "many",
    "all",
    "further",
    "other",
    "to",
    "get",
    "getting",
    "receive",
    "receiving",
    "be",
    "for",
    "have",
    "my",
    "our",
    "phone",
    "number",
    "again",
    "stupid",
    "annoying",
    "text",
    "txt",
    "no",
];
/// More than one text: "the message" may be any.
const TEXTS: &[&str] = &["texts", "messages", "msgs", "txts", "sms", "spam"];
const TOUCHED: &[&str] = &["texted", "messaged", "contacted", "txted", "spammed"];
/// What may follow then: more of the same, and not what is to become of the texts.
const AFTERWARDS: &[&str] = &[
    "anymore", "any", "from", "please", "pls", "again", "thanks", "thank", "at", "on", "so",
    "sent", "either", "ever", "now", "and", "or", "coming", "just", "i", "we", "stop", "because",
    "but", "here", "by", "no",
];

/// "Don't ever text me again", "Do not send me texts", "I don't want these messages".
pub(super) fn refuses_texts(words: &[String]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let is_no_longer = is(word, "longer") && at > 0 && is(&words[at - 1], "no");
        if !is_any(word, NOT) && !is_no_longer {
            return false;
        }
        let (before, after) = (&words[..at], &words[at + 1..]);
        is_told_not_to_write(after)
            || asks(before) && meant_for(after, SENDING)
            || meant_for(after, WANTING)
    })
}

fn is_told_not_to_write(after: &[String]) -> bool {
    (0..after.len().min(3)).any(|verb| {
        let is_noun = verb > 0 && is_any(&after[verb - 1], BEFORE_NOUNS);
        let next = after.get(verb + 1);
        is_any(&after[verb], WRITING) && !is_noun && next.is_none_or(|next| is_any(next, TO_ME))
    })
}

/// Whether these words ask somebody, and do not tell of somebody.
fn asks(before: &[String]) -> bool {
    let mut before = before.iter().rev().skip_while(|word| is_any(word, ASKING));
    before.next().is_none_or(|word| !is_any(word, TELLING))
}

/// Whether these words begin with one of the verbs, and lead from it to texts with nothing else in between.
fn meant_for(words: &[String], verbs: &[&str]) -> bool {
    let verb = words.iter().position(|word| !is_any(word, FILLING));
    let Some(verb) = verb.filter(|verb| is_any(&words[*verb], verbs)) else {
        return false;
    };
    let rest = &words[verb + 1..];
    let Some(texts) = rest.iter().position(|word| !is_any(word, LINKS)) else {
        return false;
    };
    if is_any(&rest[texts], TOUCHED) {
        return true;
    }
    // "I don't want to message you" is about the sender's own texts.
    let is_done = texts > 0 && is(&rest[texts - 1], "to");
    let next = rest.get(texts + 1);
    is_any(&rest[texts], TEXTS) && !is_done && next.is_none_or(|next| is_any(next, AFTERWARDS))
}
