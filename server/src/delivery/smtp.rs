//! E-mail over SMTP by lettre.

use std::{
    net::Ipv4Addr,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use entity::EmailAddress;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        self, PoolConfig,
        client::{Certificate, Tls, TlsParameters},
    },
};
use url::{Host, Url};

use super::{MailSettings, MailSettingsError, SendError};
use crate::domain::notifications::Outgoing;

/// Connections to the mail server that are kept open between e-mails.
const CONNECTIONS: u32 = 8;
/// How long the mail server may take for one answer.
const ANSWER: Duration = Duration::from_secs(15);
/// How long a whole e-mail may take.
const WHOLE: Duration = Duration::from_secs(60);
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
            .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE))
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
        address: &EmailAddress,
        outgoing: &Outgoing,
    ) -> Result<(), SendError> {
        let message = self.message(now, address, outgoing)?;
        match tokio::time::timeout(WHOLE, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(classify(&error)),
            Err(_) => Err(SendError::Unreachable("smtp timeout".to_owned())),
        }
    }

    fn message(
        &self,
        now: DateTime<Utc>,
        address: &EmailAddress,
        outgoing: &Outgoing,
    ) -> Result<Message, SendError> {
        let to = address
            .reveal()
            .parse()
            .map_err(|_| SendError::Refused("address.invalid".to_owned()))?;
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

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encryption {
    /// From the first byte.
    Wrapped,
    /// STARTTLS, or nothing is sent.
    Required,
    /// STARTTLS where the server offers it.
    Opportunistic,
    None,
}

impl Encryption {
    fn of(url: &Url) -> Result<Self, MailSettingsError> {
        let host = url.host().ok_or(MailSettingsError::Url)?;
        let mut tls = None;
        for (key, value) in url.query_pairs() {
            match &*key {
                "tls" => tls = Some(value),
                _ => return Err(MailSettingsError::Url),
            }
        }
        match (url.scheme(), tls.as_deref()) {
            ("smtps", None) => Ok(Self::Wrapped),
            ("smtp", Some("required")) => Ok(Self::Required),
            ("smtp", Some("opportunistic")) => Ok(Self::Opportunistic),
            ("smtp", Some("none")) => Ok(Self::None),
            ("smtp", None) if is_loopback(&host) => Ok(Self::None),
            ("smtp", None) => Ok(Self::Required),
            ("smtp" | "smtps", Some(_)) => Err(MailSettingsError::Tls),
            _ => Err(MailSettingsError::Url),
        }
    }

    const fn default_port(self) -> u16 {
        match self {
            Self::Wrapped => smtp::SUBMISSIONS_PORT,
            Self::Required | Self::Opportunistic => smtp::SUBMISSION_PORT,
            Self::None => smtp::SMTP_PORT,
        }
    }

    fn parameters(self, host: &str, settings: &MailSettings) -> Result<Tls, MailSettingsError> {
        Ok(match self {
            Self::None => Tls::None,
            Self::Wrapped => Tls::Wrapper(tls_parameters(host, settings)?),
            Self::Required => Tls::Required(tls_parameters(host, settings)?),
            Self::Opportunistic => Tls::Opportunistic(tls_parameters(host, settings)?),
        })
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        // Outside of the schemes of browsers, this crate takes an IPv4 address for a name.
        Host::Domain(name) => {
            *name == "localhost"
                || name
                    .parse::<Ipv4Addr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn tls_parameters(host: &str, settings: &MailSettings) -> Result<TlsParameters, MailSettingsError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = &settings.ca_file {
        let unusable = |error: String| MailSettingsError::Certificates(error);
        let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
        let certificates =
            Certificate::from_pem(&pem).map_err(|error| unusable(error.to_string()))?;
        builder = builder.add_root_certificate(certificates);
    }
    builder
        .build()
        .map_err(|error| MailSettingsError::Certificates(error.to_string()))
}

/// Tells what concerns one e-mail from what concerns the mail server as a whole.
fn classify(error: &smtp::Error) -> SendError {
    if let Some(status) = error.status() {
        let code = status.to_string();
        let class = match enhanced_status(&error.to_string()) {
            Some(enhanced) => format!("smtp {code} {enhanced}"),
            None => format!("smtp {code}"),
        };
        return match code.as_str() {
            // The service is closing, or it wants other credentials or encryption: nothing that one recipient causes.
            "421" | "454" | "530" | "534" | "535" | "538" => SendError::Unreachable(class),
            _ if error.is_permanent() => SendError::Refused(class),
            _ => SendError::Deferred(class),
        };
    }
    let class = if error.is_timeout() {
        "smtp timeout"
    } else if error.is_tls() {
        "smtp tls"
    } else if error.is_response() {
        "smtp protocol"
    } else if error.is_client() {
        "smtp client"
    } else {
        "smtp connection"
    };
    SendError::Unreachable(class.to_owned())
}

/// The enhanced status code (RFC 3463) in an answer, and nothing else of it: the rest may name the recipient.
fn enhanced_status(answer: &str) -> Option<&str> {
    answer.split_whitespace().find(|word| {
        let mut parts = word.split('.');
        let digits = |part: Option<&str>, most| {
            part.is_some_and(|part| {
                (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
            })
        };
        matches!(word.as_bytes().first(), Some(b'4' | b'5'))
            && digits(parts.next(), 1)
            && digits(parts.next(), 3)
            && digits(parts.next(), 3)
            && parts.next().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encryption(url: &str) -> Result<Encryption, MailSettingsError> {
        Encryption::of(&Url::parse(url).unwrap())
    }

    #[test]
    fn encryption_is_asked_for_unless_the_server_is_this_machine() {
        assert_eq!(
            encryption("smtp://mail.example").unwrap(),
            Encryption::Required
        );
        for local in ["smtp://127.0.0.1:2525", "smtp://[::1]:25"] {
            assert_eq!(encryption(local).unwrap(), Encryption::None, "{local}");
        }
        assert_eq!(
            encryption("smtps://mail.example").unwrap(),
            Encryption::Wrapped
        );
        assert_eq!(
            encryption("smtp://mail.example?tls=opportunistic").unwrap(),
            Encryption::Opportunistic
        );
        for bad in [
            "smtp://mail.example?tls=maybe",
            "smtps://mail.example?tls=none",
            "http://mail.example",
            "smtp://mail.example?starttls=1",
        ] {
            assert!(encryption(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_the_status_of_an_answer_is_kept() {
        assert_eq!(
            enhanced_status("permanent error (550): 5.1.1 <ada@example.org>: no such user"),
            Some("5.1.1")
        );
        for answer in ["4155550101", "5.1", "550 5.1.1.1 x", "no 5.a.1"] {
            assert_eq!(enhanced_status(answer), None, "{answer}");
        }
    }

    #[tokio::test]
    async fn a_message_says_that_no_person_wrote_it_and_keeps_its_id() {
        let settings = MailSettings {
            url: crate::domain::secret::Secret::new("smtp://127.0.0.1:2525?tls=none"),
            from: "Clinic <no-reply@clinic.example>".to_owned(),
            ca_file: None,
        };
        let smtp = Smtp::new(&settings, "tidings.example").unwrap();
        let outgoing = Outgoing {
            organization: entity::OrganizationId(uuid::Uuid::nil()),
            id: entity::NotificationId(uuid::Uuid::from_u128(7)),
            to: crate::domain::notifications::Address::Email(EmailAddress::new("a@b.example")),
            content: crate::domain::notifications::templates::Rendered {
                subject: Some("Süßes".to_owned()),
                text: "text".to_owned(),
                html: Some("<p>html</p>".to_owned()),
            },
        };
        let message = smtp
            .message(
                DateTime::UNIX_EPOCH,
                &EmailAddress::new("a@b.example"),
                &outgoing,
            )
            .unwrap();
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
        let nobody = EmailAddress::new("not an address");
        assert!(matches!(
            smtp.message(DateTime::UNIX_EPOCH, &nobody, &outgoing),
            Err(SendError::Refused(class)) if class == "address.invalid"
        ));
    }
}
