//! Why a connection ends, and what its peer is told.

use std::borrow::Cow;

use axum::{
    Error as SocketError,
    extract::ws::{CloseFrame, Message},
};
use tungstenite::error::{Error as WireError, ProtocolError};

use super::{outgoing::Broken, protocol::InvalidMessage};
use crate::http::transport::{
    close_code::{CloseCode, fitting_reason},
    credentials::AuthenticateError,
};

/// Why a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// The peer closed it, or is gone.
    Left,
    /// The server closes it.
    Close(CloseCode, Cow<'static, str>),
}

impl Ending {
    pub(super) fn close(code: CloseCode, reason: &'static str) -> Self {
        Self::Close(code, Cow::Borrowed(reason))
    }

    pub(super) fn restarting() -> Self {
        Self::close(CloseCode::ServiceRestart, "The server is restarting")
    }

    /// The code that the server closes with, if it is the one that closes.
    pub(super) fn code(&self) -> Option<CloseCode> {
        match self {
            Self::Left => None,
            Self::Close(code, _) => Some(*code),
        }
    }

    /// What the peer is told.
    pub(super) fn to_frame(&self) -> Option<Message> {
        match self {
            Self::Left => None,
            Self::Close(code, reason) => Some(Message::Close(Some(CloseFrame {
                code: code.number(),
                reason: fitting_reason(reason).into(),
            }))),
        }
    }
}

impl From<InvalidMessage> for Ending {
    fn from(invalid: InvalidMessage) -> Self {
        Self::Close(CloseCode::BadRequest, invalid.to_string().into())
    }
}

impl From<Broken> for Ending {
    fn from(Broken: Broken) -> Self {
        Self::Left
    }
}

impl From<AuthenticateError> for Ending {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::InvalidToken | AuthenticateError::Expired => {
                Self::Close(CloseCode::Forbidden, error.to_string().into())
            }
            AuthenticateError::Unavailable => {
                Self::Close(CloseCode::TryAgainLater, error.to_string().into())
            }
        }
    }
}

/// What a failed read means for the peer.
pub(super) fn read_failure(error: SocketError) -> Ending {
    match error.into_inner().downcast_ref::<WireError>() {
        Some(WireError::Capacity(_)) => Ending::close(CloseCode::TooBig, "Message too big"),
        Some(WireError::Utf8(_)) => Ending::close(CloseCode::InvalidText, "Text is not UTF-8"),
        Some(WireError::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => Ending::Left,
        Some(WireError::Protocol(_)) => {
            Ending::close(CloseCode::ProtocolError, "WebSocket protocol error")
        }
        _ => Ending::Left,
    }
}
