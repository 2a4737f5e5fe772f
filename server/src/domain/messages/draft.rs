//! What somebody wants to send, checked before anything is stored.

use entity::{Channel, ConversationId, MessageBody, MessageKind, RichBody, Title, message};

use uuid::Uuid;

use super::{enclosure::Enclosures, kept::Origin};
use crate::domain::{event_log::Position, rich_text::RichText, secret::sha256};

/// The most characters (Unicode scalar values) of a message.
pub const MAX_BODY_CHARACTERS: usize = 20_000;
/// The most bytes of an idempotency key.
pub const MAX_KEY_BYTES: usize = 128;

/// A message or note that can be stored.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(super) conversation: ConversationId,
    pub(super) kind: MessageKind,
    pub(super) title: Option<Title>,
    pub(super) body: MessageBody,
    pub(super) html: Option<RichBody>,
    /// The approved template that the words come from, if they do.
    pub(super) origin: Option<Origin>,
    pub(super) files: Enclosures,
    /// By which way it is to go, where staff say so.
    pub(super) channel: Option<Channel>,
    /// Whether the patient may answer from then on, where staff say so (SEC-5).
    pub(super) allow_reply: Option<bool>,
    /// How far the author has seen the log, where the message is to be held back if a colleague has answered since (NEW-2).
    pub(super) seen: Option<Position>,
    pub(super) idempotency_key: String,
}

/// What is wrong with a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Nothing but white space, and no file.
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
    /// Where a message stands until its conversation was begun.
    pub const TO_BE_BEGUN: ConversationId = ConversationId(Uuid::nil());

    /// How many bytes its texts take while it waits.
    pub(super) fn bytes(&self) -> usize {
        let html = self.html.as_ref().map_or(0, |html| html.reveal().len());
        let files = size_of_val(self.files.as_slice());
        self.body.reveal().len() + html + files + self.idempotency_key.len()
    }

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
        Self::checked(conversation, kind, body, idempotency_key)
    }

    /// Files without a text.
    ///
    /// # Errors
    /// [`DraftError::EmptyBody`] when there are none, [`DraftError::BadKey`].
    pub fn of_files(
        conversation: ConversationId,
        kind: MessageKind,
        files: Enclosures,
        idempotency_key: String,
    ) -> Result<Self, DraftError> {
        if files.as_slice().is_empty() {
            return Err(DraftError::EmptyBody);
        }
        let draft = Self::checked(conversation, kind, String::new(), idempotency_key)?;
        Ok(draft.enclosing(files))
    }

    fn checked(
        conversation: ConversationId,
        kind: MessageKind,
        body: String,
        idempotency_key: String,
    ) -> Result<Self, DraftError> {
        if body.chars().count() > MAX_BODY_CHARACTERS {
            return Err(DraftError::BodyTooLong);
        }
        if body
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        {
            return Err(DraftError::ControlCharacter);
        }
        if !is_idempotency_key(&idempotency_key) {
            return Err(DraftError::BadKey);
        }
        Ok(Self {
            conversation,
            kind,
            title: None,
            body: MessageBody::new(body),
            html: None,
            origin: None,
            files: Enclosures::default(),
            channel: None,
            allow_reply: None,
            seen: None,
            idempotency_key,
        })
    }

    /// Takes formatted text that was cleaned.
    ///
    /// # Errors
    /// [`DraftError::BadKey`].
    pub fn rich(
        conversation: ConversationId,
        text: &RichText,
        idempotency_key: String,
    ) -> Result<Self, DraftError> {
        let plain = text.reveal_text().to_owned();
        let draft = Self::new(conversation, MessageKind::Message, plain, idempotency_key)?;
        Ok(Self {
            html: Some(RichBody::new(text.reveal_html())),
            ..draft
        })
    }

    /// The words, for storing them until they leave.
    pub(in crate::domain) fn words(&self) -> (&MessageBody, Option<&RichBody>) {
        (&self.body, self.html.as_ref())
    }

    /// The files that go with it.
    pub(in crate::domain) fn files(&self) -> &Enclosures {
        &self.files
    }

    /// Whether the patient may answer from then on, where staff say so.
    pub(in crate::domain) fn allow_reply(&self) -> Option<bool> {
        self.allow_reply
    }

    /// The first message of a conversation that is to be begun.
    ///
    /// # Errors
    /// [`DraftError::BadKey`].
    pub fn beginning(text: &RichText, idempotency_key: String) -> Result<Self, DraftError> {
        Self::rich(Self::TO_BE_BEGUN, text, idempotency_key)
    }

    /// The idempotency key.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// Whether the words come from an approved template.
    #[must_use]
    pub fn is_from_template(&self) -> bool {
        self.origin.is_some()
    }

    /// A hash of what it says and holds, and of whether the patient may answer.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let html = self.html.as_ref().map_or("", |html| html.reveal());
        let allow = self
            .allow_reply
            .map_or("", |allow| if allow { "+" } else { "-" });
        let mut said = format!("{allow}\0{}\0{html}", self.body.reveal()).into_bytes();
        self.files.write(&mut said);
        sha256(&said)
    }

    /// Whether a stored message says the same, whatever files it has. Of a template that is asked for again, another version
    /// may be approved by then.
    #[must_use]
    pub fn says(&self, message: &message::Model) -> bool {
        let template = self.origin.as_ref().map(|origin| origin.template);
        let same_words =
            message.title == self.title && message.body == self.body && message.html == self.html;
        message.kind == self.kind
            && message.template_id == template
            && (template.is_some() || same_words)
    }

    /// The same in another conversation: one that was just begun.
    pub(in crate::domain) fn within(mut self, conversation: ConversationId) -> Self {
        self.conversation = conversation;
        self
    }

    /// Puts files with it.
    #[must_use]
    pub fn enclosing(mut self, files: Enclosures) -> Self {
        self.files = files;
        self
    }

    /// Says whether the patient may answer from then on (SEC-5). What patients say of it does not count.
    #[must_use]
    pub fn allowing_reply(mut self, allow: Option<bool>) -> Self {
        self.allow_reply = allow;
        self
    }

    /// Holds the message back if a colleague has answered after this position (NEW-2).
    #[must_use]
    pub fn seen(mut self, position: Option<Position>) -> Self {
        self.seen = position;
        self
    }
}

/// Whether a client may choose this key: 1 to [`MAX_KEY_BYTES`] printable ASCII characters without spaces.
pub(in crate::domain) fn is_idempotency_key(text: &str) -> bool {
    (1..=MAX_KEY_BYTES).contains(&text.len()) && text.bytes().all(|b| (0x21..0x7f).contains(&b))
}

#[cfg(test)]
mod tests {
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
