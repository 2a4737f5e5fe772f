//! What an answer of the mail server means.

use lettre::transport::smtp;

use crate::delivery::SendError;

/// Whom an answer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Concern {
    /// This e-mail: its recipient, or what it holds.
    Mail,
    /// The mail server as a whole: it does not take anything from this sender now.
    Server,
}

/// Tells what concerns one e-mail from what concerns the mail server as a whole.
pub(super) fn classify(error: &smtp::Error) -> SendError {
    if let Some(status) = error.status() {
        let code = status.to_string();
        let said = error.to_string();
        return judge(&code, enhanced_status(&code, &said), error.is_permanent());
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

fn judge(code: &str, enhanced: Option<&str>, permanent: bool) -> SendError {
    let class = match enhanced {
        Some(enhanced) => format!("smtp {code} {enhanced}"),
        None => format!("smtp {code}"),
    };
    let concern = match by_code(code) {
        Concern::Server => Concern::Server,
        Concern::Mail => enhanced.map_or(Concern::Mail, by_enhanced_status),
    };
    match (concern, permanent) {
        (Concern::Server, _) => SendError::Unreachable(class),
        (Concern::Mail, true) => SendError::Refused(class),
        (Concern::Mail, false) => SendError::Deferred(class),
    }
}

/// What the reply codes of RFC 5321, 4954, 3207 and 7504 tell by themselves: the service is closing or takes no mail at
/// all, does not know the command, or wants other credentials or encryption. All others may be about a recipient.
fn by_code(code: &str) -> Concern {
    match code {
        "421" | "432" | "454" | "500" | "502" | "503" | "504" | "521" | "523" | "525" | "530"
        | "534" | "535" | "538" => Concern::Server,
        _ => Concern::Mail,
    }
}

/// What the subject and detail of an enhanced status (RFC 3463 and the registry of RFC 5248) tell.
fn by_enhanced_status(status: &str) -> Concern {
    let Some((_, kind)) = status.split_once('.') else {
        return Concern::Mail;
    };
    match kind {
        // Addressing: the sender's address or domain.
        "1.7" | "1.8" => Concern::Server,
        // The mail system: full, taking nothing from the network, without a feature that is needed, set up wrongly. What is
        // left of this subject is a mail that is too big, and "other", which some servers say for anything.
        "3.1" | "3.2" | "3.3" | "3.5" => Concern::Server,
        // The network: a bad connection, a directory that does not answer, congestion. The others are about the way to the
        // recipient's domain.
        "4.2" | "4.3" | "4.5" => Concern::Server,
        // The protocol: commands and versions. The others may be about how an address is written.
        "5.1" | "5.5" => Concern::Server,
        // Security and policy: a mailing list that is closed, and a mailbox or domain that has another owner by now, are the
        // recipient's.
        "7.2" | "7.17" | "7.18" => Concern::Mail,
        // Greylisting, which sends each recipient's first mail away for a while.
        "7.0" | "7.1" if status.starts_with('4') => Concern::Mail,
        // The rest is about who sends and how: relaying, credentials, encryption, signatures, reputation.
        _ if kind.starts_with("7.") => Concern::Server,
        _ => Concern::Mail,
    }
}

/// The enhanced status code that an answer begins with, and nothing else of it: the rest may name the recipient. It is one
/// only if it is of the same class as the reply code.
fn enhanced_status<'a>(code: &str, answer: &'a str) -> Option<&'a str> {
    let (_, text) = answer.split_once("): ")?;
    let word = text.split_whitespace().next()?;
    let mut parts = word.split('.');
    let digits = |part: Option<&str>, most| {
        part.is_some_and(|part| {
            (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        })
    };
    let is_status = digits(parts.next(), 1)
        && digits(parts.next(), 3)
        && digits(parts.next(), 3)
        && parts.next().is_none();
    (is_status && word.as_bytes().first() == code.as_bytes().first()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(code: &str, enhanced: Option<&str>) -> &'static str {
        match judge(code, enhanced, code.starts_with('5')) {
            SendError::Refused(_) => "refused",
            SendError::Deferred(_) => "deferred",
            SendError::Unreachable(_) => "unreachable",
        }
    }

    #[test]
    fn only_the_status_of_an_answer_is_kept() {
        let found = |answer| enhanced_status("550", answer);
        assert_eq!(
            found("permanent error (550): 5.1.1 <ada@example.org>: no such user"),
            Some("5.1.1")
        );
        for answer in [
            "permanent error (550): 5.1",
            "permanent error (550): 5.1.1.1 x",
            "permanent error (550): 4.1.1 of another class",
            "permanent error (550): no such user, see 5.1.1",
            "permanent error (550)",
        ] {
            assert_eq!(found(answer), None, "{answer}");
        }
    }

    #[test]
    fn what_is_about_the_recipient_or_the_mail_concerns_nothing_else() {
        for enhanced in [
            "5.0.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.2.2", "5.3.0",
            "5.3.4", "5.4.4", "5.4.6", "5.5.2", "5.5.4", "5.6.0", "5.7.2", "5.7.17", "5.7.18",
        ] {
            assert_eq!(word("550", Some(enhanced)), "refused", "{enhanced}");
        }
        for enhanced in ["4.2.0", "4.2.2", "4.4.1", "4.4.7", "4.7.0", "4.7.1"] {
            assert_eq!(word("450", Some(enhanced)), "deferred", "{enhanced}");
        }
        for (code, expected) in [("550", "refused"), ("554", "refused"), ("451", "deferred")] {
            assert_eq!(word(code, None), expected, "{code}");
        }
    }

    #[test]
    fn what_is_about_the_sender_or_the_server_concerns_every_mail() {
        for enhanced in [
            "5.1.7", "5.1.8", "5.3.2", "5.3.3", "5.3.5", "5.5.1", "5.7.0", "5.7.1", "5.7.3",
            "5.7.8", "5.7.9", "5.7.13", "5.7.14", "5.7.20", "5.7.23", "5.7.25", "5.7.26", "5.7.27",
            "5.7.28",
        ] {
            assert_eq!(word("550", Some(enhanced)), "unreachable", "{enhanced}");
        }
        for enhanced in ["4.3.1", "4.3.2", "4.4.2", "4.4.5", "4.7.28"] {
            assert_eq!(word("451", Some(enhanced)), "unreachable", "{enhanced}");
        }
        for code in ["421", "454", "502", "521", "530", "535"] {
            assert_eq!(word(code, None), "unreachable", "{code}");
        }
    }
}
