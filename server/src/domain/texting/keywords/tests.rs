//! What blocks, what does not, and what staff are told of.

mod wishes;

use proptest::prelude::*;

use super::*;

/// The words that stop texts, plainly.
const WORDS: [&str; 8] = [
    "stop",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
];

/// 25 ways to write each of eight words: 200 spellings.
fn spellings(word: &str) -> Vec<String> {
    let upper = word.to_uppercase();
    let capital = format!("{}{}", &upper[..1], &word[1..]);
    let mixed: String = word
        .char_indices()
        .map(|(at, c)| {
            if at % 2 == 0 {
                c
            } else {
                c.to_ascii_uppercase()
            }
        })
        .collect();
    let wide: String = word
        .chars()
        .filter_map(|c| char::from_u32(u32::from(c) + 0xfee0))
        .collect();
    let with = |between: &str| {
        let letters: Vec<_> = word.chars().map(String::from).collect();
        letters.join(between)
    };
    let bold: String = word
        .chars()
        .filter_map(|c| char::from_u32(0x1d41a + u32::from(c) - u32::from('a')))
        .collect();
    let accented: String = word.chars().flat_map(|c| [c, '\u{301}']).collect();
    let flags: String = word
        .chars()
        .filter_map(|c| char::from_u32(0x1f1e6 + u32::from(c) - u32::from('a')))
        .collect();
    vec![
        word.to_owned(),
        upper.clone(),
        capital,
        mixed,
        wide,
        bold,
        accented,
        flags,
        lookalike(word),
        word.replace('o', "0").replace('i', "1").replace('e', "3"),
        with(" "),
        with("."),
        with("-"),
        with("\u{200b}"),
        format!("  {word}  "),
        format!("{word}."),
        format!("{word}!!!"),
        format!("\"{upper}\""),
        format!("'{upper}'"),
        format!("({word})"),
        format!("*{word}*"),
        format!("#{word}"),
        format!("\n{word}\r\n"),
        format!("{word} 🛑"),
        format!("{word}. {word}."),
    ]
}

fn lookalike(word: &str) -> String {
    word.chars()
        .map(|c| match c {
            'a' => 'а',
            'b' => 'В',
            'c' => 'с',
            'e' => 'е',
            'i' => 'і',
            'k' => 'к',
            'o' => 'ο',
            'p' => 'р',
            's' => 'ѕ',
            't' => 'Т',
            'u' => 'ս',
            other => other,
        })
        .collect()
}

#[test]
fn stop_in_200_spellings_blocks() {
    let all: Vec<_> = WORDS.iter().flat_map(|word| spellings(word)).collect();
    assert_eq!(all.len(), 200);
    for text in &all {
        assert_eq!(read(text), Reading::Stop, "{text}");
    }
    for text in [
        "opt out",
        "Opt-Out",
        "OPT  OUT!",
        "stop all",
        "STOP ALL.",
        "СТОП",
        "стоп",
        "στοπ",
        "Stop, cancel",
        "STOP\nSent from my iPhone",
        "Stop\r\n\r\nSent from my Galaxy S21",
        "STOP Sent from my iPhone",
        "unsubscribe\nGet Outlook for iOS",
        "Stop.\nGesendet von meinem iPhone",
        "stop\nEnvoyé de mon iPhone",
    ] {
        assert_eq!(read(text), Reading::Stop, "{text}");
        assert!(keyword(text).is_some(), "{text}");
    }
}

#[test]
fn the_way_back_and_the_call_for_help_are_understood() {
    for text in [
        "START",
        "start",
        " Start. ",
        "ＳＴＡＲＴ",
        "un stop",
        "UNSTOP",
        "Ѕtart",
        "S-T-A-R-T",
    ] {
        assert_eq!(read(text), Reading::Start, "{text}");
    }
    for text in ["HELP", "help?", "Info", "INFO!", "1nfo", "ｈｅｌｐ"] {
        assert_eq!(read(text), Reading::Help, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_case_spaces_and_punctuation_make_no_difference(
        word in prop::sample::select(&WORDS[..]),
        seed in any::<u64>(),
        before in "[ \\t\\n.,;:!?*'\"()-]{0,5}",
        after in "[ \\t\\n.,;:!?*'\"()-]{0,5}",
    ) {
        let cased: String = word.chars().enumerate().map(|(at, c)| {
            if seed >> (at % 64) & 1 == 1 { c.to_ascii_uppercase() } else { c }
        }).collect();
        let text = format!("{before}{cased}{after}");
        prop_assert_eq!(read(&text), Reading::Stop);
    }

    #[test]
    fn whatever_comes_is_read(text in any::<String>()) {
        let _ = read(&text);
    }

    #[test]
    fn a_word_more_is_no_command(word in prop::sample::select(&WORDS[..]), more in "[bdfghjm]{3,8}") {
        prop_assert_ne!(read(&format!("{word} {more}")), Reading::Stop);
        prop_assert_ne!(read(&format!("{more} {word}")), Reading::Stop);
    }
}
