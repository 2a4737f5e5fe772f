//! Personal data in types that do not print themselves.
//!
//! `Debug` shows the type's name only, there is no `Display`, and nothing is serialized by accident: whoever needs the
//! text calls [`reveal`](PersonName::reveal), which is easy to find in a review.

use std::fmt;

use chrono::NaiveDate;
use sea_orm::DeriveValueType;

macro_rules! private {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, DeriveValueType)]
        pub struct $name(String);

        impl $name {
            /// Wraps text that was checked by the caller.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text itself, for its owner's eyes or for delivery; never for logs, metrics, URLs or errors.
            #[must_use]
            pub fn reveal(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

private! {
    /// The name of a patient or staff member.
    PersonName;
    /// A phone number in E.164.
    PhoneNumber;
    /// An e-mail address as it was written.
    EmailAddress;
    /// An e-mail address or phone number to which something was addressed.
    ContactAddress;
    /// What somebody wrote to somebody.
    MessageBody;
    /// The title of a conversation or announcement.
    Title;
    /// Rich text as cleaned HTML.
    RichBody;
    /// What a file is called.
    FileName;
    /// What a document of a chart is called.
    DocumentTitle;
    /// What a gateway calls a text. Some put numbers into it.
    ProviderMessageId;
    /// The name under which an organization is known to its gateway.
    GatewayAccount;
    /// An argon2id hash in PHC form.
    PasswordHash;
}

/// Text that was encrypted under the server's secret. It does not print, and only the domain can open it.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

/// A patient's date of birth.
#[derive(Clone, Copy, PartialEq, Eq, DeriveValueType)]
pub struct BirthDate(pub NaiveDate);

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_text_does_not_print() {
        assert_eq!(format!("{:?}", PersonName::new("Ada")), "PersonName(…)");
        assert!(!format!("{:?}", BirthDate(NaiveDate::MIN)).contains("-2"));
    }
}
