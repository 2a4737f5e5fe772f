//! What takes the notifications of a lane.

use super::{MailTransport, SmsGateway, smtp::Smtp};

/// What takes the notifications of a lane.
pub(super) enum Gateway<'a> {
    /// A mail server, one by one.
    Smtp(&'a Smtp),
    /// The development outbox, all at once.
    DevelopmentOutbox,
    /// The texts of each organization, which have gateways of their own.
    Texts,
    /// Nothing; the class of the failure.
    Missing(&'static str),
}

impl<'a> Gateway<'a> {
    pub(super) const fn of_mail(mail: &'a MailTransport) -> Self {
        match mail {
            MailTransport::Smtp(smtp) => Self::Smtp(smtp),
            MailTransport::DevelopmentOutbox => Self::DevelopmentOutbox,
            MailTransport::Missing => Self::Missing("email.no_server"),
        }
    }

    pub(super) const fn of_sms(sms: SmsGateway) -> Self {
        match sms {
            SmsGateway::DevelopmentOutbox => Self::DevelopmentOutbox,
            SmsGateway::Texts => Self::Texts,
        }
    }
}
