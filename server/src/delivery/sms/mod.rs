//! Gateways for texts: each that Tidings can use is a file beside this one.

mod kannel;
mod twilio;

use std::time::Duration;

use chrono::TimeDelta;
use entity::{MessageBody, ProviderMessageId, TextFailure, TextGatewayKind, text};
use reqwest::{Client, redirect::Policy};

use crate::domain::texts::{AllowedGateways, outbox::OpenGateway};

/// How many texts a gateway is handed at once.
pub(super) const AT_ONCE: usize = 8;
/// How long a gateway may take for one text.
pub(super) const WHOLE: Duration = Duration::from_secs(10);
/// How long it may take until it answers to a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// The most bytes of an answer that are read.
const MAX_ANSWER: usize = 64 * 1024;

/// Who takes the notifications that go out as texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmsGateway {
    /// Nobody: they are kept in the development outbox.
    DevelopmentOutbox,
    /// The gateway of each organization, by its texts.
    Texts,
}

/// Why a gateway did not take a text. The texts are classes, without personal data.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TextError {
    /// It will never take this one.
    Refused(TextFailure, String),
    /// It may take this one later.
    Deferred(String),
    /// It is in order and wants to be left alone for a while.
    Throttled(String, TimeDelta),
    /// It takes nothing now, whatever it is given.
    Unreachable(String),
    /// It does not let the clinic in, until somebody has mended how that is set up.
    LockedOut(String),
}

/// The way to gateways.
#[derive(Clone, Debug)]
pub struct TextGateways {
    http: Client,
    public_url: String,
    allowed: AllowedGateways,
    /// Whether nothing leaves, whatever gateway an organization has.
    pub(super) keeps_messages: bool,
}

impl TextGateways {
    /// Gateways that report to webhooks below `public_url`. None when no client for HTTP is to be had.
    #[must_use]
    pub fn new(public_url: &str, allowed: AllowedGateways, keeps_messages: bool) -> Option<Self> {
        let http = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .pool_max_idle_per_host(AT_ONCE)
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .ok()?;
        Some(Self {
            http,
            public_url: public_url.trim_end_matches('/').to_owned(),
            allowed,
            keeps_messages,
        })
    }

    /// Hands one text over, and gives what the gateway calls it, where it says so.
    pub(super) async fn send(
        &self,
        gateway: &OpenGateway,
        row: &text::Model,
        body: &MessageBody,
    ) -> Result<Option<ProviderMessageId>, TextError> {
        let refused =
            |class: &str| TextError::Refused(TextFailure::GatewayRefused, class.to_owned());
        let allowed = gateway.row.base_url.as_deref();
        let Some(base_url) = allowed.and_then(|url| self.allowed.find(url)) else {
            return Err(refused("sms.not_allowed"));
        };
        let letter = Letter {
            base_url,
            gateway,
            row,
            body,
            reports: self.reports(gateway, row),
        };
        match gateway.row.kind {
            TextGatewayKind::Twilio => twilio::send(&self.http, &letter).await,
            TextGatewayKind::Kannel => kannel::send(&self.http, &letter).await,
            TextGatewayKind::Development => Err(refused("sms.no_development_outbox")),
        }
    }

    /// Where the gateway is to report what becomes of a text. The text's id stands in it, so that a report finds its text
    /// also when it comes before the gateway has said what it calls it.
    fn reports(&self, gateway: &OpenGateway, row: &text::Model) -> String {
        let kind = gateway.row.kind.word().to_ascii_lowercase();
        format!(
            "{}/webhooks/{kind}/{}/status?text={}",
            self.public_url,
            gateway.row.id.to_public(),
            row.id.to_public()
        )
    }
}

/// A text on its way to a gateway.
struct Letter<'a> {
    base_url: &'a str,
    gateway: &'a OpenGateway,
    row: &'a text::Model,
    body: &'a MessageBody,
    reports: String,
}

/// What a failure of HTTP itself means. Its own text may name the address, so only its kind is told.
fn unreachable(gateway: &str, error: &reqwest::Error) -> TextError {
    let kind = if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connection"
    } else {
        "broken"
    };
    TextError::Unreachable(format!("{gateway} {kind}"))
}

/// Reads an answer, up to a bound.
async fn answer(gateway: &str, mut response: reqwest::Response) -> Result<Vec<u8>, TextError> {
    let mut answer = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if answer.len() + chunk.len() <= MAX_ANSWER => {
                answer.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => return Err(TextError::Unreachable(format!("{gateway} long answer"))),
            Ok(None) => return Ok(answer),
            Err(error) => return Err(unreachable(gateway, &error)),
        }
    }
}
