//! The single values of people and organizations: checked once, where they come in.

use chrono::{DateTime, Datelike as _, Utc};
use entity::{BirthDate, Channel, EmailAddress, PersonName, PhoneNumber};
use jiff::tz::TimeZone;
use phonenumber::{Mode, Type, country, metadata::DATABASE};

/// The most characters of a person's or thing's name.
pub const MAX_NAME_CHARACTERS: usize = 200;
/// The most ids in one list of a request.
pub const MAX_IDS: usize = 100;
/// The most characters of a phone number as it is typed.
const MAX_PHONE_CHARACTERS: usize = 40;
/// The most bytes of an e-mail address (RFC 5321).
const MAX_EMAIL_BYTES: usize = 254;
/// The most bytes of an e-mail address before the `@` (RFC 5321).
const MAX_LOCAL_BYTES: usize = 64;
/// The earliest year of birth.
const FIRST_BIRTH_YEAR: i32 = 1900;

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Nothing that can be read stands there.
    #[error("It must not be empty.")]
    Blank,
    /// Longer than allowed.
    #[error("It has at most {max} characters.")]
    TooLong {
        /// The most.
        max: usize,
    },
    /// More elements than allowed.
    #[error("At most {max} can be given at once.")]
    TooMany {
        /// The most.
        max: usize,
    },
    /// A number outside of its range.
    #[error("It must be from {min} to {max}.")]
    OutOfRange {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
    },
    /// A control character where only text makes sense.
    #[error("It holds a character that cannot be shown.")]
    ControlCharacter,
    /// Not a valid mobile number (PEO-3).
    #[error(
        "It is not a valid mobile number; write it with its country code, such as +1 202 555 0143, or as it is dialled in the clinic's region."
    )]
    NotAMobileNumber,
    /// Not an e-mail address.
    #[error("It is not an e-mail address.")]
    NotAnEmailAddress,
    /// Not a language tag.
    #[error("It is not a language tag, such as `en` or `pt-BR`.")]
    NotALanguage,
    /// Not a time zone.
    #[error("It is not an IANA time zone, such as `America/New_York`.")]
    NotATimeZone,
    /// Not a region with phone numbers.
    #[error("It is not a region of two capital letters, such as `US`.")]
    NotARegion,
    /// Not a short name for signing in.
    #[error(
        "It has 2 to 40 small letters, digits and single hyphens, and begins and ends with a letter or digit."
    )]
    NotASlug,
    /// Not a date on which a living person was born.
    #[error("It is not a date of birth between 1900 and today.")]
    NotABirthDate,
    /// Somebody or something else has it.
    #[error("It is in use already.")]
    Taken,
    /// It makes sense only together with another value, which is missing or off.
    #[error("It needs {0}.")]
    Needs(&'static str),
}

/// A value that cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Which one, by its name in the request; parts of a part are divided by dots.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: Problem,
}

impl Wrong {
    /// A problem of one value.
    #[must_use]
    pub const fn new(field: &'static str, problem: Problem) -> Self {
        Self { field, problem }
    }
}

/// Gathers everything that is wrong with a request, so that all of it can be mended at once.
#[derive(Default)]
pub(crate) struct Check(Vec<Wrong>);

impl Check {
    /// Takes a value or notes what is wrong with it.
    pub(crate) fn value<T>(&mut self, field: &'static str, value: Result<T, Problem>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(problem) => {
                self.0.push(Wrong::new(field, problem));
                None
            }
        }
    }

    /// Takes a value that may be left out, and if it is given must be right.
    pub(crate) fn given<T>(
        &mut self,
        field: &'static str,
        text: Option<&str>,
        read: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        self.value(field, text.map(read).transpose()).flatten()
    }

    /// Takes a change of a value that can be removed: none leaves it, and an empty text removes it like null.
    pub(crate) fn change<T>(
        &mut self,
        field: &'static str,
        change: Option<&Option<String>>,
        read: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<Option<T>> {
        change.map(|text| {
            let text = text.as_deref().filter(|text| !text.trim().is_empty());
            self.given(field, text, read)
        })
    }

    /// Notes what is wrong.
    pub(crate) fn wrong(&mut self, field: &'static str, problem: Problem) {
        self.0.push(Wrong::new(field, problem));
    }

    /// Refuses a list of too many ids.
    pub(crate) fn count(&mut self, field: &'static str, count: usize) {
        if count > MAX_IDS {
            self.wrong(field, Problem::TooMany { max: MAX_IDS });
        }
    }

    /// Whether everything was right so far.
    pub(crate) fn is_right(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong.
    pub(crate) fn into_wrong(self) -> Vec<Wrong> {
        self.0
    }
}

/// How somebody is told of something outside of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationChannel {
    /// By e-mail.
    Email,
    /// By text message.
    Sms,
}

impl From<NotificationChannel> for Channel {
    fn from(channel: NotificationChannel) -> Self {
        match channel {
            NotificationChannel::Email => Self::Email,
            NotificationChannel::Sms => Self::Sms,
        }
    }
}

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

/// A person's name. It holds a letter or digit, so that a search can find it.
pub(crate) fn name(text: &str) -> Result<PersonName, Problem> {
    let text = line(text, MAX_NAME_CHARACTERS)?;
    if text.chars().any(char::is_alphanumeric) {
        Ok(PersonName::new(text))
    } else {
        Err(Problem::Blank)
    }
}

/// A valid mobile number in any spelling, as E.164 (PEO-3). Where mobile and fixed lines cannot be told apart, as in
/// North America, either is taken. Numbers without a country code are read as they are dialled in `region`.
pub fn mobile_number(text: &str, region: &str) -> Result<PhoneNumber, Problem> {
    let text = text.trim();
    let digits = text.strip_prefix('+').unwrap_or(text);
    let dialled =
        |c: char| c.is_ascii_digit() || matches!(c, ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')');
    if text.chars().count() > MAX_PHONE_CHARACTERS || !digits.chars().all(dialled) {
        return Err(Problem::NotAMobileNumber);
    }
    let number = phonenumber::parse(region.parse::<country::Id>().ok(), text)
        .map_err(|_| Problem::NotAMobileNumber)?;
    match number.number_type(&DATABASE) {
        Type::Mobile | Type::FixedLineOrMobile if number.is_valid() => Ok(PhoneNumber::new(
            number.format().mode(Mode::E164).to_string(),
        )),
        _ => Err(Problem::NotAMobileNumber),
    }
}

/// An e-mail address that a mail server takes without quoting or encoding: `local@domain.tld` in ASCII.
pub fn email_address(text: &str) -> Result<EmailAddress, Problem> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@').ok_or(Problem::NotAnEmailAddress)?;
    let atom = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b))
    };
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let right = text.len() <= MAX_EMAIL_BYTES
        && local.len() <= MAX_LOCAL_BYTES
        && local.split('.').all(atom)
        && domain.contains('.')
        && domain.split('.').all(label);
    if right {
        Ok(EmailAddress::new(text))
    } else {
        Err(Problem::NotAnEmailAddress)
    }
}

/// The form in which an address is looked up.
#[must_use]
pub fn email_key(email: &EmailAddress) -> EmailAddress {
    EmailAddress::new(email.reveal().to_ascii_lowercase())
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

/// A region whose way of dialling the clinic's numbers have.
pub(crate) fn region(text: &str) -> Result<String, Problem> {
    text.parse::<country::Id>()
        .map(|id| id.as_ref().to_owned())
        .map_err(|_| Problem::NotARegion)
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

/// Lets `?` take faults, refusals of policy and wrong values into an error type with the variants `Invalid` and `Denied`.
macro_rules! takes_refusals {
    ($($error:ty),+) => {$(
        impl From<Vec<$crate::domain::people::values::Wrong>> for $error {
            fn from(wrong: Vec<$crate::domain::people::values::Wrong>) -> Self {
                Self::Invalid(wrong)
            }
        }

        impl From<$crate::domain::people::values::Wrong> for $error {
            fn from(wrong: $crate::domain::people::values::Wrong) -> Self {
                Self::Invalid(vec![wrong])
            }
        }

        impl From<$crate::domain::fault::Fault> for $error {
            fn from(fault: $crate::domain::fault::Fault) -> Self {
                Self::Denied(fault.into())
            }
        }

        impl From<sea_orm::DbErr> for $error {
            fn from(error: sea_orm::DbErr) -> Self {
                Self::Denied(error.into())
            }
        }
    )+};
}

pub(crate) use takes_refusals;

/// Whether a statement failed because a unique index holds its value already.
pub(crate) fn is_taken(error: &sea_orm::DbErr) -> bool {
    matches!(
        error.sql_err(),
        Some(sea_orm::SqlErr::UniqueConstraintViolation(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str, region: &str) -> Option<String> {
        mobile_number(text, region)
            .ok()
            .map(|number| number.reveal().to_owned())
    }

    #[test]
    fn mobile_numbers_are_stored_in_one_spelling() {
        for (text, region) in [
            ("+1 202 555 0143", "US"),
            ("(202) 555-0143", "US"),
            ("1-202-555-0143", "US"),
            (" +12025550143 ", "FI"),
        ] {
            assert_eq!(
                number(text, region).as_deref(),
                Some("+12025550143"),
                "{text}"
            );
        }
        assert_eq!(
            number("040 123 4567", "FI").as_deref(),
            Some("+358401234567")
        );
        assert_eq!(
            number("07400 123456", "GB").as_deref(),
            Some("+447400123456")
        );
    }

    #[test]
    fn what_is_no_mobile_number_is_refused() {
        for (text, region) in [
            ("", "US"),
            ("911", "US"),
            ("555-0143", "US"),
            ("+1 800 555 0199", "US"),
            ("020 7946 0018", "GB"),
            ("+44 20 7946 0018", "US"),
            ("+49 30 901820", "US"),
            ("call (202) 555-0143", "US"),
            ("(202) 555-0143 ext. 7", "US"),
            ("+1 202 555 0143 0000", "US"),
            ("+999 123 456 789", "US"),
            ("040 123 4567", "ZZ"),
        ] {
            assert_eq!(number(text, region), None, "{text}");
        }
    }

    #[test]
    fn e_mail_addresses_are_plain() {
        for text in [
            "ada@example.org",
            "a.b+c@mail.example.co",
            "O'Brien@x-y.example",
        ] {
            assert!(email_address(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@example",
            "a..b@example.org",
            ".a@example.org",
            "a@-x.org",
            "a b@example.org",
            "a@b@example.org",
            "ada@exämple.org",
            "a@example.org\r\nbcc: b@example.org",
            "<a@example.org>",
        ] {
            assert!(email_address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn languages_take_their_usual_spelling() {
        for (text, tag) in [
            ("EN", "en"),
            ("pt-br", "pt-BR"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("sl-rozaj", "sl-rozaj"),
            ("de-1996", "de-1996"),
        ] {
            assert_eq!(language(text).as_deref(), Ok(tag));
        }
        for text in [
            "", "e", "english", "en_US", "en-", "-en", "en-USA!", "en-US-GB", "12",
        ] {
            assert!(language(text).is_err(), "{text}");
        }
    }

    #[test]
    fn time_zones_are_those_of_the_database() {
        assert_eq!(
            time_zone("america/new_york").as_deref(),
            Ok("America/New_York")
        );
        for text in ["", "EST5EDT4", "Mars/Olympus", "+02:00"] {
            assert!(time_zone(text).is_err(), "{text}");
        }
    }

    #[test]
    fn births_lie_between_1900_and_today() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let day = |y, m, d| chrono::NaiveDate::from_ymd_opt(y, m, d).unwrap();
        assert!(birth_date(day(1900, 1, 1), now).is_ok());
        assert!(birth_date(day(1899, 12, 31), now).is_err());
        assert!(
            birth_date(day(2023, 11, 15), now).is_ok(),
            "it is the 15th in Kiribati"
        );
        assert!(birth_date(day(2023, 11, 16), now).is_err());
    }

    #[test]
    fn names_can_be_shown_and_found() {
        assert_eq!(name("  Åsa Berg ").unwrap().reveal(), "Åsa Berg");
        assert_eq!(name(" - ").unwrap_err(), Problem::Blank);
        assert_eq!(name("a\nb").unwrap_err(), Problem::ControlCharacter);
        assert_eq!(
            name(&"a".repeat(201)).unwrap_err(),
            Problem::TooLong { max: 200 }
        );
    }

    #[test]
    fn slugs_are_easy_to_type() {
        assert!(slug("riverside-clinic-2").is_ok());
        for text in [
            "",
            "a",
            "Riverside",
            "a--b",
            "-ab",
            "ab-",
            "a b",
            &"a".repeat(41),
        ] {
            assert!(slug(text).is_err(), "{text}");
        }
    }
}
