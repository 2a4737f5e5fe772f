//! Names, languages, time zones, dates and numbers.

use chrono::{DateTime, Datelike as _, Utc};
use entity::{BirthDate, PersonName, Title};
use jiff::tz::TimeZone;

use super::{MAX_NAME_CHARACTERS, Problem};

/// The earliest year of birth.
const FIRST_BIRTH_YEAR: i32 = 1900;

/// One line of text without white space around it.
pub(crate) fn line(text: &str, max: usize) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        Err(Problem::Blank)
    } else if text.chars().count() > max {
        Err(Problem::TooLong { max })
    } else if text.chars().any(char::is_control) {
        Err(Problem::ControlCharacter)
    } else {
        Ok(text.to_owned())
    }
}

/// Text of several lines without white space around it.
pub(crate) fn text(text: &str, max: usize) -> Result<String, Problem> {
    let flat = text.replace(['\n', '\r', '\t'], " ");
    line(&flat, max)?;
    Ok(text.trim().to_owned())
}

/// What a conversation or announcement is about: one line.
///
/// # Errors
/// What is wrong with it.
pub fn title(text: &str) -> Result<Title, Problem> {
    line(text, MAX_NAME_CHARACTERS).map(Title::new)
}

/// A person's name. It holds a letter or digit, so that a search can find it.
pub(crate) fn name(text: &str) -> Result<PersonName, Problem> {
    let text = line(text, MAX_NAME_CHARACTERS)?;
    if text.chars().any(char::is_alphanumeric) {
        Ok(PersonName::new(text))
    } else {
        Err(Problem::Blank)
    }
}

/// A BCP 47 tag of language, script, region and variants, in its usual spelling.
pub(crate) fn language(text: &str) -> Result<String, Problem> {
    let mut subtags = text.trim().split('-');
    let primary = subtags.next().unwrap_or_default();
    if !(2..=3).contains(&primary.len()) || !primary.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Err(Problem::NotALanguage);
    }
    let mut tag = primary.to_ascii_lowercase();
    // What may still follow: 0 a script, 1 a region, 2 variants.
    let mut stage = 0;
    for subtag in subtags {
        let alphabetic = subtag.bytes().all(|b| b.is_ascii_alphabetic());
        let digits = subtag.bytes().all(|b| b.is_ascii_digit());
        let alphanumeric = subtag.bytes().all(|b| b.is_ascii_alphanumeric());
        tag.push('-');
        match subtag.len() {
            4 if alphabetic && stage == 0 => {
                stage = 1;
                tag.push_str(&subtag[..1].to_ascii_uppercase());
                tag.push_str(&subtag[1..].to_ascii_lowercase());
            }
            2 if alphabetic && stage < 2 => {
                stage = 2;
                tag.push_str(&subtag.to_ascii_uppercase());
            }
            3 if digits && stage < 2 => {
                stage = 2;
                tag.push_str(subtag);
            }
            4..=8
                if alphanumeric && (subtag.len() > 4 || subtag.as_bytes()[0].is_ascii_digit()) =>
            {
                stage = 2;
                tag.push_str(&subtag.to_ascii_lowercase());
            }
            _ => return Err(Problem::NotALanguage),
        }
    }
    if tag.len() > 35 {
        return Err(Problem::NotALanguage);
    }
    Ok(tag)
}

/// An IANA time zone in its usual spelling.
pub(crate) fn time_zone(text: &str) -> Result<String, Problem> {
    let zone = TimeZone::get(text.trim()).map_err(|_| Problem::NotATimeZone)?;
    zone.iana_name()
        .map(str::to_owned)
        .ok_or(Problem::NotATimeZone)
}

/// A date of birth, at latest today in the part of the world where the day begins first.
pub(crate) fn birth_date(
    date: chrono::NaiveDate,
    now: DateTime<Utc>,
) -> Result<BirthDate, Problem> {
    let latest = (now + chrono::TimeDelta::hours(14)).date_naive();
    if date.year() < FIRST_BIRTH_YEAR || date > latest {
        Err(Problem::NotABirthDate)
    } else {
        Ok(BirthDate(date))
    }
}

/// The short name of an organization, which people type when they sign in.
pub(crate) fn slug(text: &str) -> Result<String, Problem> {
    let right = (2..=40).contains(&text.len())
        && text.split('-').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
    if right {
        Ok(text.to_owned())
    } else {
        Err(Problem::NotASlug)
    }
}

/// A number within a range.
pub(crate) fn within(number: u32, min: u32, max: u32) -> Result<u32, Problem> {
    if (min..=max).contains(&number) {
        Ok(number)
    } else {
        Err(Problem::OutOfRange { min, max })
    }
}
