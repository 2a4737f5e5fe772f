//! Webhooks of Kannel. It signs nothing: the address that it calls holds a secret which both sides know.

use axum::{
    extract::{Path, State},
    http::{Method, header},
    response::Response,
};
use entity::{MessageBody, PhoneNumber, ProviderMessageId, TextFailure, TextGatewayKind, TextId};

use super::{
    Arrival, Call, Gateway, Refused, Report, Site, WebhookSite, answered, open, plain, take_in,
    take_report,
};
use crate::domain::{
    secret::same,
    texts::{outbox::OpenGateway, state::Heard},
};

/// Kannel sends what is answered to the sender of the text; an empty answer sends nothing.
const NOTHING_TO_SAY: &str = "";

pub(super) async fn status(State(site): Site, Path(gateway): Gateway, call: Call) -> Response {
    let outcome = async {
        let gateway = known(&site, &gateway, &call).await?;
        let text = call.query("text").and_then(TextId::from_public);
        let (Some(text), Some(state)) = (text, call.query("state")) else {
            return Err(Refused::Incomplete);
        };
        if let Some((heard, class)) = heard(state) {
            let report = Report {
                text,
                provider: None,
                heard,
                class: class.map(str::to_owned),
            };
            take_report(&site, &gateway, report).await?;
        }
        Ok(plain("text/plain", NOTHING_TO_SAY))
    };
    answered(outcome.await)
}

pub(super) async fn inbound(State(site): Site, Path(gateway): Gateway, call: Call) -> Response {
    let outcome = async {
        let gateway = known(&site, &gateway, &call).await?;
        let given = |name| {
            let value = call.query(name).filter(|text| !text.is_empty());
            value.ok_or(Refused::Incomplete)
        };
        let arrival = Arrival {
            provider_message_id: ProviderMessageId::new(given("id")?),
            our_number: number(given("to")?),
            from: number(given("from")?),
            body: body(&call)?,
        };
        take_in(&site, &gateway, &arrival).await?;
        Ok(plain("text/plain", NOTHING_TO_SAY))
    };
    answered(outcome.await)
}

/// The gateway of a webhook that names its secret.
async fn known(site: &WebhookSite, gateway: &str, call: &Call) -> Result<OpenGateway, Refused> {
    if !matches!(call.method, Method::GET | Method::POST) {
        return Err(Refused::Forbidden);
    }
    let gateway = open(site, gateway, TextGatewayKind::Kannel).await?;
    let right = gateway.webhook_secret.as_ref().ok_or(Refused::Forbidden)?;
    let named = call.query("secret").unwrap_or_default();
    if same(right.reveal().as_bytes(), named.as_bytes()) {
        Ok(gateway)
    } else {
        Err(Refused::Forbidden)
    }
}

/// What the text says: in the body, where Kannel is set up with `post-url`, or in the address. Which letters the bytes are
/// stands beside them.
fn body(call: &Call) -> Result<MessageBody, Refused> {
    if call.method == Method::GET {
        let bytes = raw(&call.target, "body").unwrap_or_default();
        let charset = call.query("charset").unwrap_or_default();
        return Ok(MessageBody::new(letters(&bytes, charset)));
    }
    match call.media_type() {
        Some("text/plain") => {}
        Some(_) | None => return Err(Refused::MediaType),
    }
    let media_type = call.headers.get(header::CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok());
    Ok(MessageBody::new(letters(
        &call.body,
        media_type.unwrap_or_default(),
    )))
}

/// The bytes of a parameter of an address: not every gateway's letters are those of UTF-8.
fn raw(target: &str, name: &str) -> Option<Vec<u8>> {
    let (_, query) = target.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    Some(bytes)
}

/// Bytes as letters, two each where the name of their alphabet says so.
fn letters(bytes: &[u8], alphabet: &str) -> String {
    if !alphabet.to_ascii_uppercase().contains("UTF-16") {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    char::decode_utf16(units)
        .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Numbers of networks come with their country code, and often without the plus before it. Short codes have none.
fn number(text: &str) -> PhoneNumber {
    let text = text.trim();
    let is_long = text.len() > 8 && text.bytes().all(|b| b.is_ascii_digit());
    match text.strip_prefix("00") {
        Some(rest) if is_long => PhoneNumber::new(format!("+{rest}")),
        None if is_long => PhoneNumber::new(format!("+{text}")),
        Some(_) | None => PhoneNumber::new(text),
    }
}

/// What a delivery report says, with the class of a failure.
fn heard(state: &str) -> Option<(Heard, Option<&'static str>)> {
    match state {
        "1" => Some((Heard::Delivered, None)),
        "2" => Some((
            Heard::Failed(TextFailure::Unreachable),
            Some("kannel undelivered"),
        )),
        "4" | "8" => Some((Heard::Accepted, None)),
        "16" => Some((
            Heard::Failed(TextFailure::CarrierBlocked),
            Some("kannel rejected"),
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_and_narrow_letters_are_read() {
        let target = "/x?secret=s&body=%04%1F%04%40%00+%048&charset=UTF-16BE";
        let bytes = raw(target, "body").unwrap();
        assert_eq!(letters(&bytes, "UTF-16BE"), "Пр и");
        let bytes = raw("/x?body=Gr%C3%BC%C3%9Fe+%7B%E2%82%AC%7D", "body").unwrap();
        assert_eq!(letters(&bytes, "UTF-8"), "Grüße {€}");
        assert_eq!(raw("/x?body=%zz", "body"), None);
        assert_eq!(raw("/x", "body"), None);
    }

    #[test]
    fn numbers_are_international() {
        for (number_of_network, e164) in [
            ("+61491570001", "+61491570001"),
            ("61491570001", "+61491570001"),
            ("0061491570001", "+61491570001"),
            ("12345", "12345"),
            ("Clinic", "Clinic"),
        ] {
            assert_eq!(number(number_of_network).reveal(), e164);
        }
    }
}
