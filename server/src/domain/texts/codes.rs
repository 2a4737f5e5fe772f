//! The codes by which Twilio tells why a text did not arrive.

use entity::TextFailure;

/// Too many requests at once.
pub const TOO_MANY_REQUESTS: u32 = 20429;
/// More texts wait for a sender than the gateway keeps.
pub const QUEUE_FULL: u32 = 21611;

/// Why a text did not arrive, by Twilio's code.
#[must_use]
pub const fn failure(code: Option<u32>) -> TextFailure {
    let Some(code) = code else {
        return TextFailure::Unknown;
    };
    match code {
        21610 => TextFailure::OptedOut,
        21211 | 21217 | 21401 | 21407 | 21421 => TextFailure::InvalidNumber,
        21614 | 30006 => TextFailure::Landline,
        30003 => TextFailure::Unreachable,
        30005 => TextFailure::UnknownSubscriber,
        21612 | 30004 | 30007 => TextFailure::CarrierBlocked,
        20003 | 21408 | 21602 | 21603 | 21606 | 21617 | 21618 | 21659 | 30002 | 30032 | 30034 => {
            TextFailure::GatewayRefused
        }
        QUEUE_FULL | 30001 => TextFailure::GatewayUnavailable,
        _ => TextFailure::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_codes_have_words() {
        for (code, failure_of_code) in [
            (30001, TextFailure::GatewayUnavailable),
            (30002, TextFailure::GatewayRefused),
            (30003, TextFailure::Unreachable),
            (30004, TextFailure::CarrierBlocked),
            (30005, TextFailure::UnknownSubscriber),
            (30006, TextFailure::Landline),
            (30007, TextFailure::CarrierBlocked),
            (30008, TextFailure::Unknown),
        ] {
            assert_eq!(failure(Some(code)), failure_of_code, "{code}");
        }
        assert_eq!(failure(None), TextFailure::Unknown);
    }
}
