//! The address or number under which a person is known, in whatever spelling they type it.

use std::fmt;

use entity::Channel;
use phonenumber::{Mode, country};

/// An e-mail address or phone number in its one comparable form. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Contact {
    /// In lower case.
    Email(String),
    /// In E.164.
    Phone(String),
}

impl Contact {
    /// Reads what somebody typed. Text that is neither becomes an address that nobody has, so that it is treated like
    /// any other unknown one. National spellings of numbers are read as those of `region`.
    pub(crate) fn parse(typed: &str, region: &str) -> Self {
        let typed: String = typed.trim().chars().take(MAX_CHARACTERS).collect();
        if typed.contains('@') {
            return Self::Email(email_key(&typed));
        }
        match phonenumber::parse(region.parse::<country::Id>().ok(), &typed) {
            Ok(number) => Self::Phone(number.format().mode(Mode::E164).to_string()),
            Err(_) => Self::Email(email_key(&typed)),
        }
    }

    /// The comparable form.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Email(key) | Self::Phone(key) => key,
        }
    }

    /// How something is sent there.
    pub(crate) const fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Phone(_) => Channel::Sms,
        }
    }

    /// The column of `patient` that holds it.
    pub(crate) const fn patient_column(&self) -> &'static str {
        match self {
            Self::Email(_) => "email_key",
            Self::Phone(_) => "phone",
        }
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(…)")
    }
}

/// The longest e-mail address that mail servers take has 254 characters.
const MAX_CHARACTERS: usize = 254;

/// The form in which e-mail addresses are compared.
pub(crate) fn email_key(address: &str) -> String {
    address.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_number_are_one_contact() {
        let number = Contact::Phone("+12025550143".to_owned());
        for typed in ["+1 202-555-0143", "(202) 555-0143", " 202.555.0143 "] {
            assert!(Contact::parse(typed, "US") == number, "{typed}");
        }
        assert!(Contact::parse("+12025550143", "FI") == number);
    }

    #[test]
    fn anything_else_is_an_unknown_address() {
        assert!(
            Contact::parse("Ada@Example.org ", "US")
                == Contact::Email("ada@example.org".to_owned())
        );
        assert!(Contact::parse("nobody", "US") == Contact::Email("nobody".to_owned()));
        assert!(Contact::parse("", "US") == Contact::Email(String::new()));
    }
}
