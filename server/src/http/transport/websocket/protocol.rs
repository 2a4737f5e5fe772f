//! The messages of `graphql-transport-ws`.

use std::borrow::Cow;

use async_graphql::ServerError;
use axum::extract::ws::{Message, Utf8Bytes};
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::http::transport::{answer::Answer, bounded, credentials::BearerToken, params::Params};

/// The longest operation id; clients use a counter or a UUID.
const LONGEST_ID: usize = 128;

/// Most messages of the server fit without the buffer growing, with what was rendered already beside it.
const USUAL_FRAME: usize = 256;

/// What a client sends.
#[derive(Debug)]
pub(super) enum ClientMessage {
    /// The token that it brings, if any.
    ConnectionInit(Option<BearerToken>),
    Subscribe {
        id: String,
        params: Params,
    },
    Complete {
        id: String,
    },
    /// To be answered with the same payload.
    Ping(Option<Box<RawValue>>),
    Pong,
}

/// A message that the protocol does not know; the text becomes the close reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum InvalidMessage {
    #[error("Invalid message: not a JSON object with a type")]
    NotAnObject,
    #[error("Invalid message: unknown type")]
    UnknownType,
    #[error("Invalid message: the id must be a string of 1 to 128 bytes")]
    Id,
    #[error("Invalid message: the payload must be an object")]
    Payload,
    #[error("Invalid message: the payload must hold a query and fitting parameters")]
    Operation,
    #[error("Invalid message: the authorization must be a bearer token")]
    Authorization,
    #[error("Invalid message: binary")]
    Binary,
}

#[derive(Deserialize)]
struct Envelope<'m> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'m, str>,
    #[serde(borrow)]
    id: Option<&'m RawValue>,
    #[serde(borrow)]
    payload: Option<&'m RawValue>,
}

impl Envelope<'_> {
    fn id(&self) -> Result<String, InvalidMessage> {
        let id: String = self
            .id
            .and_then(|id| serde_json::from_str(id.get()).ok())
            .ok_or(InvalidMessage::Id)?;
        if id.is_empty() || id.len() > LONGEST_ID {
            return Err(InvalidMessage::Id);
        }
        Ok(id)
    }

    /// The payload where it may be absent; otherwise it must be an object.
    fn optional_payload(&self) -> Result<Option<&RawValue>, InvalidMessage> {
        match self.payload {
            Some(payload) if !payload.get().starts_with('{') => Err(InvalidMessage::Payload),
            payload => Ok(payload),
        }
    }
}

#[derive(Deserialize)]
struct InitPayload {
    authorization: Option<String>,
    #[serde(rename = "Authorization")]
    capitalized: Option<String>,
}

impl ClientMessage {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidMessage> {
        let envelope: Envelope<'_> =
            serde_json::from_str(text).map_err(|_| InvalidMessage::NotAnObject)?;
        match &*envelope.kind {
            "connection_init" => parse_init(envelope.optional_payload()?).map(Self::ConnectionInit),
            "subscribe" => {
                let id = envelope.id()?;
                let payload = envelope
                    .optional_payload()?
                    .ok_or(InvalidMessage::Payload)?;
                let params = Params::from_json(payload.get().as_bytes())
                    .map_err(|_| InvalidMessage::Operation)?;
                Ok(Self::Subscribe { id, params })
            }
            "complete" => envelope.id().map(|id| Self::Complete { id }),
            "ping" => envelope
                .optional_payload()
                .map(|payload| Self::Ping(payload.map(ToOwned::to_owned))),
            "pong" => envelope.optional_payload().map(|_| Self::Pong),
            _ => Err(InvalidMessage::UnknownType),
        }
    }
}

fn parse_init(payload: Option<&RawValue>) -> Result<Option<BearerToken>, InvalidMessage> {
    let Some(payload) = payload else {
        return Ok(None);
    };
    let payload: InitPayload =
        serde_json::from_str(payload.get()).map_err(|_| InvalidMessage::Authorization)?;
    payload
        .authorization
        .or(payload.capitalized)
        .map(|value| BearerToken::from_member(&value).ok_or(InvalidMessage::Authorization))
        .transpose()
}

/// What the server sends.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'m> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<&'m RawValue>,
    },
    Next {
        id: &'m str,
        payload: &'m Answer,
    },
    Error {
        id: &'m str,
        payload: Errors<'m>,
    },
    Complete {
        id: &'m str,
    },
}

/// The errors of a refused operation, as a list.
pub(super) struct Errors<'m>(pub(super) &'m [ServerError]);

impl Serialize for Errors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl ServerMessage<'_> {
    /// The message as a text frame of at most so many bytes.
    pub(super) fn to_frame(&self, room: usize) -> serde_json::Result<Message> {
        let rendered = match self {
            Self::Next { payload, .. } => payload.rendered_bytes(),
            Self::ConnectionAck
            | Self::Pong { .. }
            | Self::Error { .. }
            | Self::Complete { .. } => 0,
        };
        let mut json = Vec::with_capacity(USUAL_FRAME + rendered);
        bounded::write_json(&mut json, self, room)?;
        let json = String::from_utf8(json).map_err(serde_json::Error::custom)?;
        Ok(Message::Text(Utf8Bytes::from(json)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_read_with_and_without_its_scheme() {
        for payload in [
            r#"{"authorization":"Bearer abc"}"#,
            r#"{"Authorization":"bearer  abc"}"#,
            r#"{"authorization":"abc","other":[1]}"#,
        ] {
            let text = format!(r#"{{"type":"connection_init","payload":{payload}}}"#);
            let Ok(ClientMessage::ConnectionInit(Some(token))) = ClientMessage::parse(&text) else {
                panic!("{text}");
            };
            assert_eq!(token.expose(), "abc");
            assert!(!format!("{token:?}").contains("abc"));
        }
        for text in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#"{"type":"connection_init","payload":{}}"#,
        ] {
            assert!(matches!(
                ClientMessage::parse(text),
                Ok(ClientMessage::ConnectionInit(None))
            ));
        }
    }

    #[test]
    fn what_the_protocol_does_not_know_is_invalid() {
        for (text, expected) in [
            ("", InvalidMessage::NotAnObject),
            ("[]", InvalidMessage::NotAnObject),
            (r#"{"id":"1"}"#, InvalidMessage::NotAnObject),
            (r#"{"type":"start","id":"1"}"#, InvalidMessage::UnknownType),
            (r#"{"type":"next","id":"1"}"#, InvalidMessage::UnknownType),
            (
                r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
                InvalidMessage::Id,
            ),
            (
                r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
                InvalidMessage::Id,
            ),
            (
                r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
                InvalidMessage::Id,
            ),
            (r#"{"type":"subscribe","id":"1"}"#, InvalidMessage::Payload),
            (
                r#"{"type":"subscribe","id":"1","payload":"{a}"}"#,
                InvalidMessage::Payload,
            ),
            (
                r#"{"type":"subscribe","id":"1","payload":{}}"#,
                InvalidMessage::Operation,
            ),
            (r#"{"type":"complete"}"#, InvalidMessage::Id),
            (r#"{"type":"ping","payload":"x"}"#, InvalidMessage::Payload),
            (
                r#"{"type":"connection_init","payload":[]}"#,
                InvalidMessage::Payload,
            ),
            (
                r#"{"type":"connection_init","payload":{"authorization":"Basic x"}}"#,
                InvalidMessage::Authorization,
            ),
        ] {
            assert_eq!(ClientMessage::parse(text).err(), Some(expected), "{text}");
        }
    }
}
