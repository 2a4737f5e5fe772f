//! What somebody wants to send, checked before anything is stored.

use entity::{ConversationId, MessageBody, MessageKind};

/// The most characters (Unicode scalar values) of a message.
pub const MAX_BODY_CHARACTERS: usize = 20_000;
/// The most bytes of an idempotency key.
pub const MAX_KEY_BYTES: usize = 128;

/// A message or note that can be stored.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(super) conversation: ConversationId,
    pub(super) kind: MessageKind,
    pub(super) body: MessageBody,
    pub(super) idempotency_key: String,
}

/// What is wrong with a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Nothing but white space.
    #[error("the message is empty")]
    EmptyBody,
    /// More than [`MAX_BODY_CHARACTERS`].
    #[error("the message is longer than {MAX_BODY_CHARACTERS} characters")]
    BodyTooLong,
    /// A control character other than a tab or the end of a line.
    #[error("the message holds a control character that cannot be shown")]
    ControlCharacter,
    /// Empty, too long, or not printable ASCII.
    #[error("an idempotency key has 1 to {MAX_KEY_BYTES} printable ASCII characters")]
    BadKey,
}

impl Draft {
    /// Checks what was written. The text is kept exactly as it came.
    ///
    /// # Errors
    /// See [`DraftError`].
    pub fn new(
        conversation: ConversationId,
        kind: MessageKind,
        body: String,
        idempotency_key: String,
    ) -> Result<Self, DraftError> {
        if body.trim().is_empty() {
            return Err(DraftError::EmptyBody);
        }
        if body.chars().count() > MAX_BODY_CHARACTERS {
            return Err(DraftError::BodyTooLong);
        }
        if body
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        {
            return Err(DraftError::ControlCharacter);
        }
        let printable = idempotency_key.bytes().all(|b| (0x21..0x7f).contains(&b));
        if idempotency_key.is_empty() || idempotency_key.len() > MAX_KEY_BYTES || !printable {
            return Err(DraftError::BadKey);
        }
        Ok(Self {
            conversation,
            kind,
            body: MessageBody::new(body),
            idempotency_key,
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn draft(body: &str, key: &str) -> Result<Draft, DraftError> {
        Draft::new(
            ConversationId(Uuid::nil()),
            MessageKind::Message,
            body.to_owned(),
            key.to_owned(),
        )
    }

    #[test]
    fn the_longest_message_passes_and_one_more_character_does_not() {
        assert!(draft(&"ä".repeat(MAX_BODY_CHARACTERS), "k").is_ok());
        assert_eq!(
            draft(&"ä".repeat(MAX_BODY_CHARACTERS + 1), "k").unwrap_err(),
            DraftError::BodyTooLong
        );
    }

    #[test]
    fn what_cannot_be_shown_or_stored_is_refused() {
        assert_eq!(draft(" \n\t", "k").unwrap_err(), DraftError::EmptyBody);
        assert_eq!(
            draft("a\0b", "k").unwrap_err(),
            DraftError::ControlCharacter
        );
        assert!(draft("line\r\nline\tend", "k").is_ok());
        for key in ["", " ", "a b", "ä", &"k".repeat(MAX_KEY_BYTES + 1)] {
            assert_eq!(
                draft("hello", key).unwrap_err(),
                DraftError::BadKey,
                "{key}"
            );
        }
    }
}
