//! Why the server closes a WebSocket.

/// The codes that this server closes with: those of `graphql-transport-ws` and the few of
/// RFC 6455 that tell a client to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CloseCode {
    GoingAway,
    ProtocolError,
    InvalidText,
    TooBig,
    ServiceRestart,
    TryAgainLater,
    BadRequest,
    Unauthorized,
    Forbidden,
    SubprotocolNotAcceptable,
    InitialisationTimeout,
    SubscriberExists,
    TooManyRequests,
    Internal,
}

impl CloseCode {
    pub(super) fn number(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::ProtocolError => 1002,
            Self::InvalidText => 1007,
            Self::TooBig => 1009,
            Self::ServiceRestart => 1012,
            Self::TryAgainLater => 1013,
            Self::BadRequest => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden => 4403,
            Self::SubprotocolNotAcceptable => 4406,
            Self::InitialisationTimeout => 4408,
            Self::SubscriberExists => 4409,
            Self::TooManyRequests => 4429,
            Self::Internal => 4500,
        }
    }

    /// The number as a metric's label.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::GoingAway => "1001",
            Self::ProtocolError => "1002",
            Self::InvalidText => "1007",
            Self::TooBig => "1009",
            Self::ServiceRestart => "1012",
            Self::TryAgainLater => "1013",
            Self::BadRequest => "4400",
            Self::Unauthorized => "4401",
            Self::Forbidden => "4403",
            Self::SubprotocolNotAcceptable => "4406",
            Self::InitialisationTimeout => "4408",
            Self::SubscriberExists => "4409",
            Self::TooManyRequests => "4429",
            Self::Internal => "4500",
        }
    }
}

/// The most bytes that a close frame has room for beside its code.
const REASON_BYTES: usize = 123;

/// Cuts a close reason to what a frame can hold, between characters.
pub(super) fn fitting_reason(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(REASON_BYTES)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        assert_eq!(fitting_reason("short"), "short");
        let long = "é".repeat(100);
        assert_eq!(fitting_reason(&long), "é".repeat(61));
    }

    #[test]
    fn the_label_is_the_number() {
        for code in [
            CloseCode::GoingAway,
            CloseCode::BadRequest,
            CloseCode::Internal,
        ] {
            assert_eq!(code.label(), code.number().to_string());
        }
    }
}
