//! Webhooks of Twilio, or of what speaks its API: signed forms.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use entity::{MessageBody, PhoneNumber, ProviderMessageId, TextFailure, TextGatewayKind, TextId};

use super::{
    Arrival, Call, Gateway, Refused, Report, Site, WebhookSite, answered, first, open, pairs,
    plain, take_in, take_report,
};
use crate::domain::texts::{codes, outbox::OpenGateway, signature, state::Heard};

/// No answer of ours to the text: what is answered is sent as any other text is.
const NOTHING_TO_SAY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>";

pub(super) async fn status(State(site): Site, Path(gateway): Gateway, call: Call) -> Response {
    let outcome = async {
        let (gateway, form) = signed(&site, &gateway, &call).await?;
        if let Some(report) = reported(&call, &form)? {
            take_report(&site, &gateway, report).await?;
        }
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    answered(outcome.await)
}

pub(super) async fn inbound(State(site): Site, Path(gateway): Gateway, call: Call) -> Response {
    let outcome = async {
        let (gateway, form) = signed(&site, &gateway, &call).await?;
        let field = |name| first(&form, name).filter(|text| !text.is_empty());
        let given = |name| field(name).ok_or(Refused::Incomplete);
        let id = field("MessageSid").or_else(|| field("SmsMessageSid"));
        let arrival = Arrival {
            provider_message_id: ProviderMessageId::new(id.ok_or(Refused::Incomplete)?),
            our_number: PhoneNumber::new(given("To")?),
            from: PhoneNumber::new(given("From")?),
            body: MessageBody::new(field("Body").unwrap_or_default()),
            pictures: field("NumMedia")
                .and_then(|count| count.parse().ok())
                .unwrap_or(0),
        };
        take_in(&site, &gateway, &arrival).await?;
        Ok(plain("text/xml", NOTHING_TO_SAY))
    };
    answered(outcome.await)
}

/// The gateway and the form of a webhook whose signature is right. Signed are the address as the gateway knows it, which is
/// the public one with path and query as they came, and all fields.
async fn signed(
    site: &WebhookSite,
    gateway: &str,
    call: &Call,
) -> Result<(OpenGateway, Vec<(String, String)>), Refused> {
    let signature = call
        .headers
        .get("x-twilio-signature")
        .and_then(|value| value.to_str().ok())
        .ok_or(Refused::Forbidden)?;
    if call.media_type() != Some("application/x-www-form-urlencoded") {
        return Err(Refused::MediaType);
    }
    let gateway = open(site, gateway, TextGatewayKind::Twilio).await?;
    let token = gateway.credential.as_ref().ok_or(Refused::Forbidden)?;
    let form = pairs(&call.body);
    let url = format!("{}{}", site.public_url, call.target);
    if signature::is_right(token, &url, &form, signature) {
        Ok((gateway, form))
    } else {
        Err(Refused::Forbidden)
    }
}

/// What a report says; none where it says nothing that matters.
fn reported(call: &Call, form: &[(String, String)]) -> Result<Option<Report>, Refused> {
    let text = call.query("text").and_then(TextId::from_public);
    let field = |name| first(form, name).filter(|text| !text.is_empty());
    let status = field("MessageStatus").or_else(|| field("SmsStatus"));
    let (Some(text), Some(status)) = (text, status) else {
        return Err(Refused::Incomplete);
    };
    let code = field("ErrorCode").and_then(|code| code.parse().ok());
    let Some(heard) = heard(status, code) else {
        return Ok(None);
    };
    let class = match heard {
        Heard::Failed(_) => Some(code.map_or_else(
            || "twilio undelivered".to_owned(),
            |code| format!("twilio {code}"),
        )),
        Heard::Accepted | Heard::Delivered => None,
    };
    Ok(Some(Report {
        text,
        provider: field("MessageSid").map(ProviderMessageId::new),
        heard,
        class,
    }))
}

fn heard(status: &str, code: Option<u32>) -> Option<Heard> {
    match status {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => Some(Heard::Accepted),
        "delivered" | "read" => Some(Heard::Delivered),
        "undelivered" | "failed" => Some(Heard::Failed(codes::failure(code))),
        "canceled" => Some(Heard::Failed(TextFailure::Unknown)),
        _ => None,
    }
}
