//! What is handed to a mail server or gateway, made at the moment of sending.

use entity::{EmailAddress, NotificationId, OrganizationId, PhoneNumber};

use super::{settle::Skip, templates::Rendered};
use crate::domain::{people::values::NotificationChannel, secret::Secret};

/// Where the links of notifications lead: the server's public address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkBase(String);

impl LinkBase {
    /// Takes the address that was configured.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self(url.trim_end_matches('/').to_owned())
    }

    /// The address of a link's page. Whoever has it can open the page, so it is a secret.
    #[must_use]
    pub fn of_link(&self, token: &Secret) -> Secret {
        Secret::new(format!("{}/l/{}", self.0, token.reveal()))
    }
}

/// Where a notification goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// To an e-mail address.
    Email(EmailAddress),
    /// To a mobile phone.
    Sms(PhoneNumber),
}

impl Address {
    pub(super) const fn channel(&self) -> NotificationChannel {
        match self {
            Self::Email(_) => NotificationChannel::Email,
            Self::Sms(_) => NotificationChannel::Sms,
        }
    }
}

/// A notification as it leaves: an address and words that hold a clinic's name and a link or code, and nothing else.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The clinic that sends it.
    pub organization: OrganizationId,
    /// Its id: the same for every attempt.
    pub id: NotificationId,
    /// Where it goes.
    pub to: Address,
    /// What it says.
    pub content: Rendered,
}

/// What is to be done with a notification that is due.
#[derive(Clone, Debug)]
pub enum Prepared {
    /// It goes out.
    Send(Box<Outgoing>),
    /// It is not needed any more.
    Skip(Skip),
    /// It cannot go out; the class of the failure.
    Undeliverable(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stands_below_the_public_address() {
        let base = LinkBase::new("https://clinic.example:8443/tidings/");
        assert_eq!(
            base.of_link(&Secret::new("abc")).reveal(),
            "https://clinic.example:8443/tidings/l/abc"
        );
    }
}
