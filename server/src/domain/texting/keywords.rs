//! The words by which a phone's owner stops and starts texts or asks who sends them (TXT-4).
//!
//! They are commands only where nothing else stands in the text: "Can I stop taking the pills?" is a question for the care
//! team. What only sounds like a wish to get no more texts is told to staff, and does nothing by itself.

mod near_miss;
mod refusal;
mod signature;

#[cfg(test)]
mod tests;

use super::spelling::{sentences, spelled};
use signature::without_signature;

/// What a text is, before anything else looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// No more texts to this number.
    Stop,
    /// Texts to this number again.
    Start,
    /// Who are you, and how else do I reach you?
    Help,
    /// It sounds as if the patient wants no more texts: staff decide.
    NearMiss,
    /// Something else.
    Other,
}

/// "Stop" in the alphabets in which it is spelled as it sounds stands with the English words.
const STOP: [&str; 10] = [
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "СТОП",
    "ΣΤΟΠ",
];
const START: [&str; 2] = ["START", "UNSTOP"];
const HELP: [&str; 2] = ["HELP", "INFO"];

/// The most letters of a text that can be a command, said several times over.
const MAX_LETTERS: usize = 100;

/// Reads a text.
#[must_use]
pub fn read(text: &str) -> Reading {
    let sentences = without_signature(sentences(text));
    let letters = sentences.concat().concat();
    for (words, reading) in [
        (&STOP[..], Reading::Stop),
        (&START[..], Reading::Start),
        (&HELP[..], Reading::Help),
    ] {
        if consists_of(&letters, words) {
            return reading;
        }
    }
    if begins_with_stop(text) || near_miss::is_near_miss(&sentences) {
        Reading::NearMiss
    } else {
        Reading::Other
    }
}

/// Whether the first of several lines is a word for stopping that means little else, whatever stands below it.
fn begins_with_stop(text: &str) -> bool {
    let first = text.trim().split_once('\n').map(|(first, _)| first);
    first.is_some_and(|first| {
        consists_of(&sentences(first).concat().concat(), near_miss::PLAIN_STOP)
    })
}

/// The keyword that a text is, as it is usually written; the first of several. None for what is no keyword.
pub(in crate::domain) fn keyword(text: &str) -> Option<&'static str> {
    let letters = without_signature(sentences(text)).concat().concat();
    let of = |words: &[&'static str]| {
        let begins = |word: &&&'static str| {
            let rest = letters.strip_prefix(spelled(word).as_str());
            rest.is_some_and(|rest| rest.is_empty() || consists_of(rest, words))
        };
        words.iter().find(begins).copied()
    };
    of(&STOP).or_else(|| of(&START)).or_else(|| of(&HELP))
}

/// Whether these letters are one of the words, or some of them one after the other.
fn consists_of(letters: &str, words: &[&str]) -> bool {
    if letters.is_empty() || letters.chars().count() > MAX_LETTERS {
        return false;
    }
    let words: Vec<_> = words.iter().map(|word| spelled(word)).collect();
    // From each place that words lead up to, one more word leads further.
    let mut reached = vec![false; letters.len() + 1];
    reached[0] = true;
    for at in 0..letters.len() {
        if reached[at] {
            for word in &words {
                if letters[at..].starts_with(word.as_str()) {
                    reached[at + word.len()] = true;
                }
            }
        }
    }
    reached[letters.len()]
}
