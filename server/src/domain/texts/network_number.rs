//! Numbers as networks write them: with the country's code, mostly without the plus before it, or as they are dialled at home.

use entity::{OrganizationId, PhoneNumber};
use phonenumber::{Mode, country};

use crate::domain::{core::Core, fault::Fault, organizations, settings::Settings};

/// The most digits of a short code, which no country's code belongs to.
const SHORT: usize = 8;

/// A number that a network names, in E.164 where it is one. What is written as it is dialled at home is read in the clinic's
/// region; what is a number in neither way stays as it came, and is nobody's. One statement at most.
///
/// # Errors
/// Any failure of the database.
pub async fn of_network(
    core: &Core,
    organization: OrganizationId,
    text: &str,
) -> Result<PhoneNumber, Fault> {
    let text = text.trim();
    if let Some(abroad) = international(text) {
        return Ok(abroad);
    }
    if !is_long(text) {
        return Ok(PhoneNumber::new(text));
    }
    let clinic = organizations::of(core.store.reader(), organization).await?;
    let settings = Settings::from_stored(clinic.settings)?;
    Ok(at_home(text, &settings.default_region))
}

fn is_long(text: &str) -> bool {
    text.len() > SHORT && text.bytes().all(|b| b.is_ascii_digit())
}

/// The number with its country's code, where it stands there already.
fn international(text: &str) -> Option<PhoneNumber> {
    if text.starts_with('+') {
        return Some(PhoneNumber::new(text));
    }
    let digits = text.strip_prefix("00").unwrap_or(text);
    if !is_long(text) || digits.starts_with('0') {
        return None;
    }
    let number = format!("+{digits}");
    let is_told = digits.len() < text.len();
    let is_one = || {
        let parsed = phonenumber::parse(None, &number);
        parsed.is_ok_and(|parsed| parsed.is_valid())
    };
    (is_told || is_one()).then(|| PhoneNumber::new(&number))
}

/// The number as it is dialled in a region.
fn at_home(text: &str, region: &str) -> PhoneNumber {
    let parsed = phonenumber::parse(region.parse::<country::Id>().ok(), text);
    match parsed {
        Ok(number) if number.is_valid() => {
            PhoneNumber::new(number.format().mode(Mode::E164).to_string())
        }
        Ok(_) | Err(_) => PhoneNumber::new(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str, region: &str) -> String {
        let number = international(text).unwrap_or_else(|| at_home(text, region));
        number.reveal().to_owned()
    }

    #[test]
    fn numbers_of_networks_are_read_in_the_region_of_the_clinic() {
        for (number_of_network, region, e164) in [
            ("+61491570001", "FI", "+61491570001"),
            ("61491570001", "FI", "+61491570001"),
            ("0061491570001", "AU", "+61491570001"),
            ("0491570001", "AU", "+61491570001"),
            ("2025550123", "US", "+12025550123"),
            ("0000000000", "AU", "0000000000"),
            ("0491570001", "XX", "0491570001"),
            ("12345", "AU", "12345"),
            ("Clinic", "AU", "Clinic"),
        ] {
            assert_eq!(
                number(number_of_network, region),
                e164,
                "{number_of_network} {region}"
            );
        }
    }
}
