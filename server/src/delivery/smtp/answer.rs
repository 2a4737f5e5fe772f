//! What an answer of the mail server means.

use lettre::transport::smtp;

use crate::delivery::SendError;

/// Tells what concerns one e-mail from what concerns the mail server as a whole.
pub(super) fn classify(error: &smtp::Error) -> SendError {
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
}
