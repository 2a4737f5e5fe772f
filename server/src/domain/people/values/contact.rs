//! Phone numbers and e-mail addresses.

use entity::{EmailAddress, PhoneNumber};
use phonenumber::{Mode, Type, country, metadata::DATABASE};

use super::Problem;

/// The most characters of a phone number as it is typed.
const MAX_PHONE_CHARACTERS: usize = 40;
/// The most bytes of an e-mail address (RFC 5321).
const MAX_EMAIL_BYTES: usize = 254;
/// The most bytes of an e-mail address before the `@` (RFC 5321).
const MAX_LOCAL_BYTES: usize = 64;

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
    let mobile = matches!(
        number.number_type(&DATABASE),
        Type::Mobile | Type::FixedLineOrMobile
    );
    if mobile && number.is_valid() {
        let e164 = number.format().mode(Mode::E164).to_string();
        Ok(PhoneNumber::new(e164))
    } else {
        Err(Problem::NotAMobileNumber)
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

/// A region whose way of dialling the clinic's numbers have.
pub(crate) fn region(text: &str) -> Result<String, Problem> {
    text.parse::<country::Id>()
        .map(|id| id.as_ref().to_owned())
        .map_err(|_| Problem::NotARegion)
}
