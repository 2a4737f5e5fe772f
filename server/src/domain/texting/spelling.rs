//! How a word is spelled, seen through case, accents, width, decoration and letters that only look alike.
//!
//! Whoever wants no more texts must be understood whatever keyboard, font or phone they have. So a text is read by what its
//! letters look like: `ＳＴＯＰ`, `Ѕтор`, `𝐬𝐭𝐨𝐩` and `St0p` are one word.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The most characters of a text that are looked at; what follows says nothing about the whole.
const MAX_CHARACTERS: usize = 2_000;

/// The sentences of a text, each as its words in the form in which they are compared.
pub(super) fn sentences(text: &str) -> Vec<Vec<String>> {
    let mut sentences = vec![Vec::new()];
    let mut word = String::new();
    let folded = text.nfkd().filter(|c| !is_invisible(*c));
    for c in folded.take(MAX_CHARACTERS) {
        match looks_like(c) {
            Some(letter) => word.push(letter),
            None if joins(c) => {}
            None => {
                if !word.is_empty()
                    && let Some(sentence) = sentences.last_mut()
                {
                    sentence.push(std::mem::take(&mut word));
                }
                if matches!(c, '.' | '?' | '!' | ';' | '\n') {
                    sentences.push(Vec::new());
                }
            }
        }
    }
    if !word.is_empty()
        && let Some(sentence) = sentences.last_mut()
    {
        sentence.push(word);
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// A word of plain letters in the form in which words of texts are compared with it.
pub(super) fn spelled(word: &str) -> String {
    word.chars().filter_map(looks_like).collect()
}

/// What takes no place: marks on letters, and characters that are not shown.
fn is_invisible(c: char) -> bool {
    is_combining_mark(c)
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e007f}')
}

/// What stands within words: "don't".
fn joins(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '`' | '\u{b4}')
}

/// The capital letter that a character looks like, or the character in small letters when it is another letter or digit.
/// `I`, `L` and `1` cannot be told apart in many fonts and count as one.
fn looks_like(c: char) -> Option<char> {
    let letter = match c {
        'a'..='z' => c.to_ascii_uppercase(),
        'A'..='Z' => c,
        '\u{1f1e6}'..='\u{1f1ff}' => nth_letter(c, '\u{1f1e6}'),
        '\u{1f150}'..='\u{1f169}' => nth_letter(c, '\u{1f150}'),
        '\u{1f170}'..='\u{1f189}' => nth_letter(c, '\u{1f170}'),
        _ => foreign(c).or_else(|| c.is_alphanumeric().then(|| lower(c)))?,
    };
    Some(if letter == 'L' { 'I' } else { letter })
}

/// The letter of an emoji alphabet that begins at `first`.
fn nth_letter(c: char, first: char) -> char {
    let offset = u32::from(c) - u32::from(first);
    char::from_u32(u32::from('A') + offset).unwrap_or(c)
}

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Digits and signs that stand in for letters, and letters of other alphabets that look like Latin ones.
fn foreign(c: char) -> Option<char> {
    Some(match c {
        '4' | '@' | 'А' | 'а' | 'Α' | 'α' | 'ᴀ' => 'A',
        'В' | 'в' | 'Β' | 'ʙ' => 'B',
        'С' | 'с' | 'Ϲ' | 'ϲ' | 'ᴄ' => 'C',
        'ԁ' | 'ᴅ' => 'D',
        '3' | '€' | 'Е' | 'е' | 'Ε' | 'ε' | 'ᴇ' => 'E',
        'ꜰ' => 'F',
        'ɢ' => 'G',
        'Н' | 'н' | 'Η' | 'һ' | 'ʜ' => 'H',
        '1' | '|' | 'І' | 'і' | 'Ӏ' | 'ӏ' | 'Ι' | 'ι' | 'ı' | 'ɪ' | 'ʟ' => 'I',
        'К' | 'к' | 'Κ' | 'κ' | 'ᴋ' => 'K',
        'М' | 'м' | 'Μ' | 'ᴍ' => 'M',
        'Ν' | 'ɴ' => 'N',
        '0' | 'О' | 'о' | 'Ο' | 'ο' | 'Օ' | 'օ' | 'ᴏ' => 'O',
        'Р' | 'р' | 'Ρ' | 'ρ' | 'ᴘ' => 'P',
        'Ԛ' | 'ԛ' | 'ꞯ' => 'Q',
        'ʀ' => 'R',
        '5' | '$' | 'Ѕ' | 'ѕ' | 'ς' | 'ꜱ' => 'S',
        '7' | 'Т' | 'т' | 'Τ' | 'τ' | 'ᴛ' => 'T',
        'Ս' | 'ս' | 'υ' | 'ᴜ' => 'U',
        'Ѵ' | 'ѵ' | 'ν' | 'ᴠ' => 'V',
        'Х' | 'х' | 'Χ' | 'χ' => 'X',
        'У' | 'у' | 'Υ' | 'ʏ' => 'Y',
        'Ζ' | 'ᴢ' => 'Z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_has_many_spellings() {
        let stop = vec![vec![spelled("stop")]];
        for text in [
            "STOP",
            "ＳＴＯＰ",
            "Ѕтор",
            "𝐬𝐭𝐨𝐩",
            "ⓢⓣⓞⓟ",
            "st\u{200b}op",
            "śtöp",
            "5T0P",
            "🅂🅃🄾🄿",
        ] {
            assert_eq!(sentences(text), stop, "{text}");
        }
        assert_ne!(sentences("shop"), stop);
    }

    #[test]
    fn sentences_and_words_are_divided() {
        let words = |text: &[&str]| text.iter().map(|word| spelled(word)).collect::<Vec<_>>();
        assert_eq!(
            sentences("Don't go. Why?\n"),
            [words(&["dont", "go"]), words(&["why"])]
        );
        assert!(sentences(" !?… ").is_empty());
    }
}
