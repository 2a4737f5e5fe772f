//! Whether a text says a patient's date of birth (TXT-3), and how that date is kept out of everything else (TXT-5).
//!
//! MM/DD/YYYY is asked for. People answer with other separators, in one or two digits, with the name of a month, with the year
//! first, and with words around it: right is what means the date that is on file. Nothing here keeps or prints what it reads.

mod find;
mod months;

#[cfg(test)]
mod tests;

use std::ops::Range;

use chrono::Datelike as _;
use entity::BirthDate;

use find::{Found, dates};
use months::month;

/// What an answer was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It says the date of birth.
    Right,
    /// It says another date, several dates, or none: whatever is not the correct date of birth.
    Wrong,
}

/// What stands in place of a date that is not kept.
const HIDDEN: &str = "[date]";

/// What stands around a date of birth without saying anything else.
const AROUND: &[&str] = &[
    "my",
    "mine",
    "the",
    "date",
    "of",
    "birth",
    "birthday",
    "birthdate",
    "bday",
    "dob",
    "d",
    "o",
    "b",
    "is",
    "it",
    "its",
    "s",
    "this",
    "that",
    "i",
    "m",
    "am",
    "was",
    "were",
    "born",
    "on",
    "in",
    "at",
    "st",
    "nd",
    "rd",
    "th",
    "hi",
    "hello",
    "hey",
    "yes",
    "ok",
    "okay",
    "sure",
    "sorry",
    "here",
    "and",
    "thanks",
    "thank",
    "you",
    "please",
];

/// Judges an answer. Several dates in one text are no answer, or one text could hold a year of guesses.
#[must_use]
pub fn judge(text: &str, born: BirthDate) -> Answer {
    let mut dates = dates(text);
    dates.retain(Found::is_answer);
    match dates.as_slice() {
        [only] if only.means(born) => Answer::Right,
        [] | [_] | [_, _, ..] => Answer::Wrong,
    }
}

/// Whether anything in a text reads as a date, and so could be a guess.
#[must_use]
pub fn holds_date(text: &str) -> bool {
    !dates(text).is_empty()
}

/// Whether a text says anything besides dates and the words that people put around a date of birth.
#[must_use]
pub fn says_more(text: &str) -> bool {
    let dates = dates(text);
    let mut rest = String::with_capacity(text.len());
    let mut from = 0;
    for Found { place, .. } in &dates {
        rest.push_str(&text[from..place.start]);
        rest.push(' ');
        from = place.end;
    }
    rest.push_str(&text[from..]);
    rest.split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .any(|word| !AROUND.contains(&&*word.to_lowercase()) && month(word).is_none())
}

/// The text without this date of birth, in whatever form and order it stands there.
#[must_use]
pub fn without(text: &str, born: BirthDate) -> String {
    hide(text, |date| date.may_mean(born))
}

/// The text without anything that reads as a date: for what is kept although nobody can say whose it is.
#[must_use]
pub fn without_dates(text: &str) -> String {
    hide(text, |_| true)
}

fn hide(text: &str, hidden: impl Fn(&Found) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for Found { place, .. } in dates(text).into_iter().filter(hidden) {
        shown.push_str(&text[from..place.start]);
        shown.push_str(HIDDEN);
        from = place.end;
    }
    shown.push_str(&text[from..]);
    shown
}

/// A way to read a date: its parts as they were written. Without `Debug`, so that it cannot be logged.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Reading {
    year: Year,
    month: u32,
    day: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Year {
    Full(i32),
    /// The last two digits.
    Short(i32),
}

impl Reading {
    fn means(self, BirthDate(born): BirthDate) -> bool {
        let year = match self.year {
            Year::Full(year) => year == born.year(),
            Year::Short(year) => year == born.year().rem_euclid(100),
        };
        year && self.month == born.month() && self.day == born.day()
    }
}

/// The place of something in a text, in bytes.
type Place = Range<usize>;
