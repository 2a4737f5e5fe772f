//! E-mail over SMTP by lettre.

mod answer;
mod encryption;

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::PoolConfig,
};
use url::Url;

pub(crate) use self::encryption::{holds_certificates, names_mail_server};
use self::{answer::classify, encryption::Encryption};
use super::{MailSettings, MailSettingsError, SendError};
use crate::domain::notifications::{Address, Outgoing};

/// How many e-mails are handed over at once, and so how many connections are kept open between them.
pub(super) const AT_ONCE: u32 = 8;
/// How long the mail server may take for one answer.
const ANSWER: Duration = Duration::from_secs(15);
/// How long a whole e-mail may take.
pub(super) const WHOLE: Duration = Duration::from_secs(60);
const IDLE: Duration = Duration::from_secs(60);

/// A mail server.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// The right side of message ids.
    host: String,
}

impl Smtp {
    pub(super) fn new(settings: &MailSettings, host: &str) -> Result<Self, MailSettingsError> {
        let from = settings.from.parse().map_err(|_| MailSettingsError::From)?;
        let mut url = Url::parse(settings.url.reveal()).map_err(|_| MailSettingsError::Url)?;
        let encryption = Encryption::of(&url)?;
        url.set_query(None);
        let server = url.host_str().unwrap_or_default().to_owned();
        let tls = encryption.parameters(&server, settings)?;
        let port = url.port().unwrap_or(encryption.default_port());
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|_| MailSettingsError::Url)?
            .port(port)
            .tls(tls)
            .timeout(Some(ANSWER))
            .pool_config(PoolConfig::new().max_size(AT_ONCE).idle_timeout(IDLE))
            .build();
        Ok(Self {
            transport,
            from,
            host: host.to_owned(),
        })
    }

    pub(super) async fn send(
        &self,
        now: DateTime<Utc>,
        outgoing: &Outgoing,
    ) -> Result<(), SendError> {
        let message = self.message(now, outgoing)?;
        match tokio::time::timeout(WHOLE, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(classify(&error)),
            Err(_) => Err(SendError::Unreachable("smtp timeout".to_owned())),
        }
    }

    fn message(&self, now: DateTime<Utc>, outgoing: &Outgoing) -> Result<Message, SendError> {
        let invalid = || SendError::Refused("address.invalid".to_owned());
        let to = match &outgoing.to {
            Address::Email(address) => address.reveal().parse().map_err(|_| invalid())?,
            Address::Sms(_) => return Err(invalid()),
        };
        let id = outgoing.id.0.simple();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(outgoing.content.subject.clone().unwrap_or_default())
            .date(SystemTime::from(now))
            // The same for every attempt, so that mailboxes can tell a repeated e-mail.
            .message_id(Some(format!("<{id}@{}>", self.host)))
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("X-Auto-Response-Suppress", "All"))
            .multipart(MultiPart::alternative_plain_html(
                outgoing.content.text.clone(),
                outgoing.content.html.clone().unwrap_or_default(),
            ))
            .map_err(|_| SendError::Refused("message.invalid".to_owned()))
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests {
    use entity::EmailAddress;

    use super::*;

    #[tokio::test]
    async fn a_message_says_that_no_person_wrote_it_and_keeps_its_id() {
        let settings = MailSettings {
            url: crate::domain::secret::Secret::new("smtp://127.0.0.1:2525?tls=none"),
            from: "Clinic <no-reply@clinic.example>".to_owned(),
            ca_file: None,
        };
        let smtp = Smtp::new(&settings, "tidings.example").unwrap();
        let mut outgoing = Outgoing {
            organization: entity::OrganizationId(uuid::Uuid::nil()),
            id: entity::NotificationId(uuid::Uuid::from_u128(7)),
            to: Address::Email(EmailAddress::new("a@b.example")),
            content: crate::domain::notifications::templates::Rendered {
                subject: Some("Süßes".to_owned()),
                text: "text".to_owned(),
                html: Some("<p>html</p>".to_owned()),
            },
        };
        let message = smtp.message(DateTime::UNIX_EPOCH, &outgoing).unwrap();
        let raw = String::from_utf8(message.formatted()).unwrap();
        for expected in [
            "Message-ID: <00000000000000000000000000000007@tidings.example>",
            "Auto-Submitted: auto-generated",
            "Date: Thu, 01 Jan 1970",
            "multipart/alternative",
            "To: a@b.example",
        ] {
            assert!(raw.contains(expected), "{expected} in {raw}");
        }
        outgoing.to = Address::Email(EmailAddress::new("not an address"));
        assert!(matches!(
            smtp.message(DateTime::UNIX_EPOCH, &outgoing),
            Err(SendError::Refused(class)) if class == "address.invalid"
        ));
    }
}
