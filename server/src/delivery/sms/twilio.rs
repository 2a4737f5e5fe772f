//! Twilio, or what speaks its API: `POST /2010-04-01/Accounts/{sid}/Messages.json`.

use chrono::TimeDelta;
use entity::{GatewayAccount, ProviderMessageId, TextFailure};
use reqwest::{Client, StatusCode, header};
use serde::Deserialize;
use url::form_urlencoded;

use super::{Letter, TextError, answer, unreachable};
use crate::domain::{secret::Secret, texts::codes};

/// How long the gateway is left alone when it says that there are too many requests and not for how long.
const PAUSE: TimeDelta = TimeDelta::seconds(2);
/// The longest that it is left alone for that.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(5);

/// What Twilio answers: a message, or an error.
#[derive(Default, Deserialize)]
struct Answer {
    sid: Option<String>,
    status: Option<serde_json::Value>,
    code: Option<u32>,
    error_code: Option<u32>,
}

pub(super) async fn send(
    http: &Client,
    letter: &Letter<'_>,
) -> Result<Option<ProviderMessageId>, TextError> {
    let gateway = &letter.gateway.row;
    let account = gateway.account.as_ref().map_or("", GatewayAccount::reveal);
    let token = letter
        .gateway
        .credential
        .as_ref()
        .map_or("", Secret::reveal);
    let url = format!(
        "{}/2010-04-01/Accounts/{account}/Messages.json",
        letter.base_url
    );
    let response = http
        .post(url)
        .basic_auth(account, Some(token))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form(letter))
        .send()
        .await
        .map_err(|error| unreachable("twilio", &error))?;
    let status = response.status();
    let wait = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .and_then(TimeDelta::try_seconds);
    let body = answer("twilio", response).await?;
    let answer: Answer = serde_json::from_slice(&body).unwrap_or_default();
    outcome(status, wait, answer)
}

fn form(letter: &Letter<'_>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("To", letter.row.their_number.reveal());
    if let Some(service) = &letter.gateway.row.messaging_service {
        form.append_pair("MessagingServiceSid", service);
    }
    // Beside a service it says which of its numbers is to be used: an answer comes from the one that was texted.
    form.append_pair("From", letter.row.our_number.reveal());
    form.append_pair("Body", letter.body.reveal())
        .append_pair("StatusCallback", &letter.reports);
    form.finish()
}

/// What an answer means, by the status of HTTP and the codes that Twilio documents.
fn outcome(
    status: StatusCode,
    wait: Option<TimeDelta>,
    answer: Answer,
) -> Result<Option<ProviderMessageId>, TextError> {
    let code = answer.code.or(answer.error_code);
    let class = match code {
        Some(code) => format!("twilio {} {code}", status.as_u16()),
        None => format!("twilio {}", status.as_u16()),
    };
    if status == StatusCode::TOO_MANY_REQUESTS || code == Some(codes::TOO_MANY_REQUESTS) {
        let wait = wait.unwrap_or(PAUSE).clamp(PAUSE, LONGEST_PAUSE);
        return Err(TextError::Throttled(class, wait));
    }
    if status.is_success() {
        let failed = matches!(
            answer.status.as_ref().and_then(serde_json::Value::as_str),
            Some("failed" | "undelivered")
        );
        return match (failed, answer.sid) {
            (true, _) => Err(TextError::Refused(codes::failure(code), class)),
            (false, Some(sid)) => Ok(Some(ProviderMessageId::new(sid))),
            // Whatever answers there, it is not Twilio, and may have done anything with the text or nothing.
            (false, None) => Err(TextError::Unreachable("twilio answer".to_owned())),
        };
    }
    match status {
        StatusCode::BAD_REQUEST => {}
        // Wrong credentials, or no such account.
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            return Err(TextError::LockedOut(class));
        }
        _ => return Err(TextError::Unreachable(class)),
    }
    if code == Some(codes::QUEUE_FULL) {
        return Err(TextError::Deferred(class));
    }
    let failure = codes::failure(code);
    // What is refused without a reason that is known lies with how the clinic is set up, not with the receiver.
    let is_known = failure != TextFailure::Unknown;
    let failure = if is_known {
        failure
    } else {
        TextFailure::GatewayRefused
    };
    Err(TextError::Refused(failure, class))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Result<Option<ProviderMessageId>, TextError> {
        let answer = serde_json::from_str(body).unwrap_or_default();
        outcome(StatusCode::from_u16(status).unwrap(), None, answer)
    }

    #[test]
    fn answers_are_understood_by_their_codes() {
        use TextFailure::*;
        let taken = of(201, r#"{"sid":"SM1","status":"queued","error_code":null}"#);
        assert_eq!(taken, Ok(Some(ProviderMessageId::new("SM1"))));
        for (code, failure) in [
            (21610, OptedOut),
            (21211, InvalidNumber),
            (21614, Landline),
            (21606, GatewayRefused),
            (99999, GatewayRefused),
        ] {
            let body = format!(r#"{{"code":{code},"status":400,"message":"…"}}"#);
            let class = format!("twilio 400 {code}");
            assert_eq!(of(400, &body), Err(TextError::Refused(failure, class)));
        }
        assert_eq!(
            of(201, r#"{"sid":"SM1","status":"failed","error_code":30006}"#),
            Err(TextError::Refused(Landline, "twilio 201 30006".to_owned()))
        );
    }

    #[test]
    fn a_gateway_that_is_busy_out_of_order_or_set_up_wrongly_is_told_apart() {
        let throttled = of(429, r#"{"code":20429}"#);
        assert_eq!(
            throttled,
            Err(TextError::Throttled("twilio 429 20429".to_owned(), PAUSE))
        );
        for status in [500, 503] {
            let class = format!("twilio {status}");
            assert_eq!(of(status, "<html>"), Err(TextError::Unreachable(class)));
        }
        for status in [401, 403, 404] {
            let class = format!("twilio {status} 20003");
            let answer = of(status, r#"{"code":20003}"#);
            assert_eq!(answer, Err(TextError::LockedOut(class)));
        }
        assert!(matches!(of(200, "hello"), Err(TextError::Unreachable(_))));
        assert!(matches!(
            of(400, r#"{"code":21611}"#),
            Err(TextError::Deferred(_))
        ));
    }
}
