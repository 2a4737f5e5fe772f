//! What administrators give to set up a gateway, and whether it can be taken.

use std::collections::BTreeSet;

use entity::{PhoneNumber, TextGatewayKind, text_gateway};

use super::allowed::AllowedGateways;
use crate::domain::{
    people::values::{self, Check, Problem},
    secret::Secret,
};

/// The most numbers of an organization.
const MAX_NUMBERS: usize = 50;
/// The most texts in a second from one number.
const MAX_TEXTS_PER_SECOND: u32 = 1_000;
/// The most characters of an account, a user or a messaging service.
const MAX_CHARACTERS: usize = 100;
/// The fewest and most characters of what webhooks must name.
const WEBHOOK_SECRET: std::ops::RangeInclusive<usize> = 24..=200;

/// What an organization's gateway speaks, and who the organization is to it. A secret that is left out stays as it is for
/// the same account.
#[derive(Clone, Debug)]
pub enum Connection {
    /// Twilio, or what speaks its API.
    Twilio {
        /// Where it is; Twilio itself without it.
        base_url: Option<String>,
        /// The account.
        account_sid: String,
        /// Its authentication token, which also signs webhooks.
        auth_token: Option<Secret>,
        /// The messaging service that chooses the sender.
        messaging_service_sid: Option<String>,
    },
    /// Kannel.
    Kannel {
        /// Where its sendsms interface is.
        base_url: String,
        /// The sendsms user.
        user: String,
        /// Its password.
        password: Option<Secret>,
        /// What its webhooks must name, because it signs nothing.
        webhook_secret: Option<Secret>,
    },
    /// The development outbox.
    Development,
}

/// How an organization is to text.
#[derive(Clone, Debug)]
pub struct NewGateway {
    /// What carries its texts.
    pub connection: Connection,
    /// The numbers that it texts from: E.164, or short codes. The first one is used unless another is answered.
    pub numbers: Vec<String>,
    /// How many texts leave from one number in a second.
    pub texts_per_second: u32,
}

/// Values of a connection that were checked.
pub(super) struct Checked {
    pub(super) kind: TextGatewayKind,
    pub(super) base_url: Option<String>,
    pub(super) account: Option<String>,
    pub(super) messaging_service: Option<String>,
    pub(super) credential: Option<Secret>,
    pub(super) webhook_secret: Option<Secret>,
    pub(super) numbers: Vec<PhoneNumber>,
}

/// What was given, where it can be taken; otherwise what is wrong is noted.
pub(super) fn check_gateway(
    check: &mut Check,
    allowed: &AllowedGateways,
    new: &NewGateway,
) -> Option<Checked> {
    check.value(
        "textsPerSecond",
        values::within(new.texts_per_second, 1, MAX_TEXTS_PER_SECOND),
    );
    let numbers = check_numbers(check, &new.numbers);
    let mut url = |field, text: &str| {
        let found = allowed.find(text).map(str::to_owned);
        check.value(field, found.ok_or(Problem::NotAllowed))
    };
    let mut checked = match &new.connection {
        Connection::Twilio {
            base_url,
            account_sid,
            auth_token,
            messaging_service_sid,
        } => {
            let base_url = base_url.as_deref().unwrap_or(AllowedGateways::TWILIO);
            Checked {
                kind: TextGatewayKind::Twilio,
                base_url: url("gateway.twilio.baseUrl", base_url),
                account: word(check, "gateway.twilio.accountSid", account_sid),
                messaging_service: check.given(
                    "gateway.twilio.messagingServiceSid",
                    messaging_service_sid.as_deref(),
                    read_word,
                ),
                credential: auth_token.clone(),
                webhook_secret: None,
                numbers: Vec::new(),
            }
        }
        Connection::Kannel {
            base_url,
            user,
            password,
            webhook_secret,
        } => Checked {
            kind: TextGatewayKind::Kannel,
            base_url: url("gateway.kannel.baseUrl", base_url),
            account: word(check, "gateway.kannel.user", user),
            messaging_service: None,
            credential: password.clone(),
            webhook_secret: webhook_secret.clone(),
            numbers: Vec::new(),
        },
        Connection::Development => Checked {
            kind: TextGatewayKind::Development,
            base_url: None,
            account: None,
            messaging_service: None,
            credential: None,
            webhook_secret: None,
            numbers: Vec::new(),
        },
    };
    checked.numbers = numbers?;
    Some(checked)
}

fn check_numbers(check: &mut Check, numbers: &[String]) -> Option<Vec<PhoneNumber>> {
    if numbers.is_empty() {
        check.wrong("numbers", Problem::Blank);
    }
    if numbers.len() > MAX_NUMBERS {
        check.wrong("numbers", Problem::TooMany { max: MAX_NUMBERS });
    }
    let mut seen = BTreeSet::new();
    let mut taken = Vec::new();
    for number in numbers {
        let bare: String = number.chars().filter(|c| !" -.()".contains(*c)).collect();
        if !is_sender(&bare) {
            check.wrong("numbers", Problem::NotASender);
            return None;
        }
        if seen.insert(bare.clone()) {
            taken.push(PhoneNumber::new(bare));
        }
    }
    Some(taken)
}

/// A number in E.164, or a short code.
fn is_sender(number: &str) -> bool {
    let (digits, lengths) = match number.strip_prefix('+') {
        Some(digits) => (digits, 7..=15),
        None => (number, 3..=8),
    };
    lengths.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

fn word(check: &mut Check, field: &'static str, text: &str) -> Option<String> {
    check.value(field, read_word(text))
}

/// A name that goes into an address: letters, digits and a few marks.
fn read_word(text: &str) -> Result<String, Problem> {
    let text = values::line(text, MAX_CHARACTERS)?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.@".contains(&b);
    if text.bytes().all(fits) {
        Ok(text)
    } else {
        Err(Problem::ControlCharacter)
    }
}

/// A gateway has the secrets that it needs: given now, or kept from before.
pub(super) fn check_secrets(
    check: &mut Check,
    checked: &Checked,
    same: Option<&text_gateway::Model>,
) {
    let (credential, webhook) = match checked.kind {
        TextGatewayKind::Twilio => (Some("gateway.twilio.authToken"), None),
        TextGatewayKind::Kannel => (
            Some("gateway.kannel.password"),
            Some("gateway.kannel.webhookSecret"),
        ),
        TextGatewayKind::Development => (None, None),
    };
    if let Some(field) = credential {
        let kept = same.is_some_and(|row| row.credential.is_some());
        match &checked.credential {
            Some(secret) if secret.reveal().is_empty() => check.wrong(field, Problem::Blank),
            None if !kept => check.wrong(field, Problem::Blank),
            Some(_) | None => {}
        }
    }
    if let Some(field) = webhook {
        let kept = same.is_some_and(|row| row.webhook_secret.is_some());
        match &checked.webhook_secret {
            Some(secret) => {
                let text = secret.reveal();
                let safe = text.bytes().all(|b| b.is_ascii_alphanumeric());
                if !WEBHOOK_SECRET.contains(&text.len()) || !safe {
                    check.wrong(field, Problem::NotAWebhookSecret);
                }
            }
            None if !kept => check.wrong(field, Problem::Blank),
            None => {}
        }
    }
}
