//! Kannel's sendsms interface. What is sent goes into the body and the headers, never into the address, which Kannel and
//! whatever stands before it write into their logs.

use entity::{GatewayAccount, ProviderMessageId, TextFailure};
use reqwest::{Client, StatusCode, header};

use super::{Letter, TextError, answer, unreachable};
use crate::domain::secret::Secret;
use entity::TextEncoding;

/// Which reports are wanted: arrived (1), not arrived (2), buffered (4), taken by the network (8), refused by it (16).
const REPORTS: &str = "31";

pub(super) async fn send(
    http: &Client,
    letter: &Letter<'_>,
) -> Result<Option<ProviderMessageId>, TextError> {
    let gateway = letter.gateway;
    let user = gateway
        .row
        .account
        .as_ref()
        .map_or("", GatewayAccount::reveal);
    let secret = |secret: &Option<Secret>| secret.as_ref().map_or("", Secret::reveal).to_owned();
    let coding = match letter.row.encoding {
        TextEncoding::Gsm7 => "0",
        TextEncoding::Ucs2 => "2",
    };
    let reports = format!(
        "{}&secret={}&state=%d&reply=%A",
        letter.reports,
        secret(&gateway.webhook_secret)
    );
    let response = http
        .post(format!("{}/cgi-bin/sendsms", letter.base_url))
        .header(header::CONTENT_TYPE, "text/plain; charset=UTF-8")
        .header("X-Kannel-Username", user)
        .header("X-Kannel-Password", secret(&gateway.credential))
        .header("X-Kannel-From", letter.row.our_number.reveal())
        .header("X-Kannel-To", letter.row.their_number.reveal())
        .header("X-Kannel-Coding", coding)
        .header("X-Kannel-DLR-Mask", REPORTS)
        .header("X-Kannel-DLR-Url", reports)
        .body(letter.body.reveal().to_owned())
        .send()
        .await
        .map_err(|error| {
            if error.is_builder() {
                // A password or number that no header can hold.
                let class = "kannel header".to_owned();
                TextError::Refused(TextFailure::GatewayRefused, class)
            } else {
                unreachable("kannel", &error)
            }
        })?;
    let status = response.status();
    let answer = answer("kannel", response).await?;
    outcome(status, &answer)
}

/// What an answer means. Kannel gives no name to a text that it took; its reports name the text by the address that they go
/// to.
fn outcome(status: StatusCode, answer: &[u8]) -> Result<Option<ProviderMessageId>, TextError> {
    let class = format!("kannel {}", status.as_u16());
    let taken = answer.starts_with(b"0:") || answer.starts_with(b"3:");
    if status.is_success() && (taken || status == StatusCode::ACCEPTED) {
        return Ok(None);
    }
    match status {
        StatusCode::BAD_REQUEST => Err(TextError::Refused(TextFailure::InvalidNumber, class)),
        StatusCode::TOO_MANY_REQUESTS => Err(TextError::Deferred(class)),
        // Wrong credentials.
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(TextError::LockedOut(class)),
        // No route to a network, or out of order.
        _ => Err(TextError::Unreachable(class)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_understood() {
        let of = |status, answer: &str| {
            outcome(StatusCode::from_u16(status).unwrap(), answer.as_bytes())
        };
        assert_eq!(of(202, "0: Accepted for delivery"), Ok(None));
        assert_eq!(of(202, "3: Queued for later delivery"), Ok(None));
        assert!(matches!(of(403, ""), Err(TextError::LockedOut(_))));
        assert!(matches!(of(503, ""), Err(TextError::Unreachable(_))));
        assert!(matches!(of(200, "<html>"), Err(TextError::Unreachable(_))));
        assert!(matches!(
            of(400, "Missing receiver"),
            Err(TextError::Refused(TextFailure::InvalidNumber, _))
        ));
    }
}
