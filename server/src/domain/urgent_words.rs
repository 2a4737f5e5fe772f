//! Words of patients that are urgent whatever the hour (NEW-8), in the languages that a clinic's patients write in.
//!
//! A phrase occurs where its words stand one after the other as whole words, without regard to case, accents and
//! punctuation. The lists of all languages count for every message: people write in other languages than the one on file.

mod built_in;

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The most characters of a phrase.
pub const MAX_PHRASE_CHARACTERS: usize = 60;
/// The most phrases of all languages together.
pub const MAX_PHRASES: usize = 500;

/// The urgent words of one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UrgentWords {
    /// BCP 47 tag.
    pub language: String,
    /// Words and phrases.
    pub phrases: Vec<String>,
}

/// The lists that count until a clinic has its own.
#[must_use]
pub fn built_in() -> Vec<UrgentWords> {
    built_in::LISTS
        .iter()
        .map(|(language, phrases)| UrgentWords {
            language: (*language).to_owned(),
            phrases: phrases.iter().map(|phrase| (*phrase).to_owned()).collect(),
        })
        .collect()
}

/// Phrases that are looked for, by their first words.
#[derive(Debug, Default)]
pub(crate) struct Phrases {
    by_first: HashMap<String, Vec<Vec<String>>>,
    /// Phrases in scripts that leave no spaces between words.
    unspaced: Vec<String>,
}

impl Phrases {
    /// Makes lists searchable.
    pub(crate) fn of<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found = Self::default();
        for phrase in phrases {
            let mut words = words(phrase);
            if phrase.chars().any(is_unspaced) {
                found.unspaced.push(words.concat());
            } else if !words.is_empty() {
                let rest = words.split_off(1);
                let first = words.concat();
                found.by_first.entry(first).or_default().push(rest);
            }
        }
        found
    }

    /// Those of the built-in lists.
    pub(crate) fn built_in() -> Arc<Self> {
        static BUILT_IN: LazyLock<Arc<Phrases>> = LazyLock::new(|| {
            let lists = built_in::LISTS.iter();
            Arc::new(Phrases::of(
                lists.flat_map(|(_, phrases)| phrases.iter().copied()),
            ))
        });
        Arc::clone(&BUILT_IN)
    }

    /// Whether one of the phrases occurs in a text.
    pub(crate) fn occur_in(&self, text: &str) -> bool {
        let words = words(text);
        let spaced = words.iter().enumerate().any(|(at, word)| {
            let rest = self.by_first.get(word);
            rest.is_some_and(|phrases| phrases.iter().any(|rest| words[at + 1..].starts_with(rest)))
        });
        if spaced || self.unspaced.is_empty() {
            return spaced;
        }
        let joined = words.concat();
        self.unspaced
            .iter()
            .any(|phrase| joined.contains(phrase.as_str()))
    }
}

/// The words of a text in the form in which they are compared: small letters without accents; an apostrophe joins.
fn words(text: &str) -> Vec<String> {
    let folded: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !matches!(c, '\'' | '\u{2019}' | '\u{2018}'))
        .flat_map(char::to_lowercase)
        .collect();
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Letters of Thai, Lao, Khmer, Chinese and Japanese.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_occur_as_whole_words() {
        let phrases = Phrases::of(["chest pain", "can't breathe", "Hätä", "胸痛", "  "]);
        for text in [
            "I have CHEST PAIN",
            "chest-pain since noon",
            "Chest, pain!",
            "I cant breathe",
            "I can’t  breathe",
            "HATA!",
            "hätä",
            "我胸痛",
        ] {
            assert!(phrases.occur_in(text), "{text}");
        }
        for text in [
            "chest",
            "pain in the chest",
            "chest pains",
            "hätätila",
            "胸",
            "",
            "can not breathe",
        ] {
            assert!(!phrases.occur_in(text), "{text}");
        }
    }

    #[test]
    fn the_built_in_lists_are_searchable() {
        for UrgentWords { language, phrases } in built_in() {
            for phrase in &phrases {
                assert!(phrase.chars().count() <= MAX_PHRASE_CHARACTERS);
                let all = Phrases::of(phrases.iter().map(String::as_str));
                assert!(
                    all.occur_in(&format!("x {phrase} y")),
                    "{language} {phrase}"
                );
            }
        }
    }
}
