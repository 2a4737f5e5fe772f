//! What is wrong with a request, gathered so that all of it can be mended at once.

use super::MAX_IDS;

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
    /// Not opening times of one day.
    #[error(
        "Opening times begin before they end, at 24:00 at the latest, and do not overlap; what goes over midnight is two of them."
    )]
    NotOpeningTimes,
    /// Not a date on which a living person was born.
    #[error("It is not a date of birth between 1900 and today.")]
    NotABirthDate,
    /// Not a type of files that a server can be told to take.
    #[error("It is not a type of files that can be taken, such as `image/jpeg`.")]
    NotAFileType,
    /// Not a number that texts can come from.
    #[error(
        "It is not a number in international form, such as +12025550143, nor a short code of 3 to 8 digits."
    )]
    NotASender,
    /// Not what webhooks can be asked to name.
    #[error("It has 24 to 200 letters and digits, and nothing else.")]
    NotAWebhookSecret,
    /// The operator of the server has not allowed it.
    #[error("The operator of this server has not allowed it.")]
    NotAllowed,
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
