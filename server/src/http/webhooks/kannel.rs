//! Webhooks of Kannel. It signs nothing: the address that it calls holds a secret which both sides know.

use axum::{
    extract::{Path, State},
    http::{Method, header},
    response::Response,
};
use entity::{MessageBody, ProviderMessageId, TextFailure, TextGatewayKind, TextId};

use super::{
    Arrival, Call, Gateway, Refused, Report, Site, WebhookSite, answered, open, plain, take_in,
    take_report,
};
use crate::domain::{
    secret::same,
    texts::{network_number::of_network, outbox::OpenGateway, state::Heard},
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
        let id = given(call.query("id"))?;
        let organization = gateway.row.organization_id;
        let number = async |name| {
            let named = call.header(&format!("x-kannel-{name}"));
            let text = given(named.or_else(|| call.query(name)))?;
            Ok::<_, Refused>(of_network(&site.core, organization, text).await?)
        };
        let arrival = Arrival {
            provider_message_id: ProviderMessageId::new(id),
            our_number: number("to").await?,
            from: number("from").await?,
            body: body(&call)?,
            pictures: 0,
        };
        take_in(&site, &gateway, &arrival).await?;
        Ok(plain("text/plain", NOTHING_TO_SAY))
    };
    answered(outcome.await)
}

fn given(value: Option<&str>) -> Result<&str, Refused> {
    value
        .filter(|text| !text.trim().is_empty())
        .ok_or(Refused::Incomplete)
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

/// What the text says: in the body, where Kannel is set up with `post-url` as it should be, or in the address. Which letters the
/// bytes are stands beside them.
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
}
