//! What the server itself says by text. Nothing in it but the clinic's name and how to reach it.

use entity::MessageBody;

use crate::domain::settings::ContactInformation;

/// The BCP 47 tag of the language in which these texts are.
pub(super) const LANGUAGE: &str = "en";

/// The question that enables texting (TXT-2).
#[must_use]
pub fn invitation(clinic: &str) -> String {
    format!(
        "A member of your care team at {clinic} is trying to get in contact with you. Please send your date of birth \
         (MM/DD/YYYY) to confirm your identity. If you choose to opt out of these messages at any time, please respond \
         'STOP'. Message and data rates may apply."
    )
}

/// The one confirmation of STOP (TXT-4).
pub(super) fn stopped(clinic: &str) -> MessageBody {
    MessageBody::new(format!(
        "{clinic}: You have opted out and will get no more text messages from us. Reply START to get them again."
    ))
}

/// The confirmation of START.
pub(super) fn started(clinic: &str) -> MessageBody {
    MessageBody::new(format!(
        "{clinic}: You will get text messages from us again. Reply HELP for help, STOP to opt out. Message and data rates may apply."
    ))
}

/// The answer to HELP: how else to reach the clinic.
pub(super) fn help(clinic: &str, contact: &ContactInformation) -> MessageBody {
    let ways = [&contact.phone, &contact.email, &contact.text];
    let ways: Vec<_> = ways.into_iter().flatten().map(String::as_str).collect();
    let ways = if ways.is_empty() {
        "please call the clinic".to_owned()
    } else {
        ways.join(", ")
    };
    MessageBody::new(format!(
        "{clinic}: for help, {ways}. Reply STOP to opt out. Message and data rates may apply."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invitation_is_the_promised_one() {
        assert_eq!(
            invitation("Riverside Clinic"),
            "A member of your care team at Riverside Clinic is trying to get in contact with you. Please send your date of birth (MM/DD/YYYY) to confirm your identity. If you choose to opt out of these messages at any time, please respond 'STOP'. Message and data rates may apply."
        );
    }

    #[test]
    fn help_names_the_ways_that_there_are() {
        let contact = ContactInformation {
            phone: Some("020 7946 0018".to_owned()),
            ..ContactInformation::default()
        };
        assert!(
            help("Riverside", &contact)
                .reveal()
                .contains("020 7946 0018")
        );
        assert!(
            help("Riverside", &ContactInformation::default())
                .reveal()
                .contains("call the clinic")
        );
    }
}
