//! What phones put below a text by themselves: "Sent from my iPhone". Nobody has said it.

use super::near_miss::is;

/// How such lines begin.
const SIGNATURES: &[&str] = &[
    "sent from my",
    "sent from iphone",
    "sent from ipad",
    "sent from android",
    "sent from samsung",
    "sent from outlook",
    "sent from mail",
    "sent from yahoo",
    "sent from gmail",
    "sent via",
    "get outlook for",
    "gesendet von meinem",
    "von meinem iphone gesendet",
    "envoye de mon",
    "envoye depuis",
    "enviado desde mi",
    "enviado do meu",
    "enviado de meu",
    "inviato da",
    "verzonden vanaf mijn",
    "verstuurd vanaf mijn",
    "skickat fran min",
    "sendt fra min",
    "lahetetty iphonesta",
];

/// The most words of such a line.
const MAX_WORDS: usize = 8;

/// The sentences without the line that a phone has put below them.
pub(super) fn without_signature(mut sentences: Vec<Vec<String>>) -> Vec<Vec<String>> {
    if let Some(last) = sentences.last_mut() {
        let earliest = last.len().saturating_sub(MAX_WORDS);
        let begins = (earliest..last.len()).find(|at| is_signature(&last[*at..]));
        last.truncate(begins.unwrap_or(last.len()));
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

fn is_signature(words: &[String]) -> bool {
    SIGNATURES.iter().any(|signature| {
        let mut begins = signature.split(' ').zip(0..);
        begins.all(|(plain, at)| words.get(at).is_some_and(|word: &String| is(word, plain)))
    })
}
