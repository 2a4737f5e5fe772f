//! Drafts of words that were checked before: those of templates, and those that were stored.

use entity::{
    ConversationId, MessageBody, MessageKind, MessageTemplateId, PersonId, RichBody, Title,
    message, scheduled_message,
};

use super::{Draft, Enclosures, MAX_BODY_CHARACTERS, batch::Batch};
use crate::domain::templates::{self, Filled};

/// The approved text from which a message was made.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) template: MessageTemplateId,
    pub(super) language: String,
    pub(super) version: i32,
}

impl Draft {
    /// What a patient has texted, under a key of the server's own. What cannot be shown is left out.
    pub(in crate::domain) fn of_text(
        conversation: ConversationId,
        words: &str,
        without_words: &str,
        idempotency_key: String,
    ) -> Self {
        let shown: String = words
            .chars()
            .filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
            .take(MAX_BODY_CHARACTERS)
            .collect();
        let body = if shown.trim().is_empty() {
            without_words
        } else {
            &shown
        };
        Self {
            conversation,
            kind: MessageKind::Message,
            title: None,
            body: MessageBody::new(body),
            html: None,
            origin: None,
            files: Enclosures::default(),
            channel: None,
            allow_reply: None,
            seen: None,
            idempotency_key,
        }
    }

    /// What an approved template says to one patient, under a key of the server's own.
    pub(in crate::domain) fn from_template(
        conversation: ConversationId,
        template: MessageTemplateId,
        filled: Filled,
        idempotency_key: String,
    ) -> Self {
        Self {
            conversation,
            kind: MessageKind::Message,
            title: Some(Title::new(filled.title.reveal())),
            body: MessageBody::new(filled.body.reveal_text()),
            html: Some(RichBody::new(filled.body.reveal_html())),
            origin: Some(Origin {
                template,
                language: filled.language,
                version: filled.version,
            }),
            files: Enclosures::default(),
            channel: None,
            allow_reply: None,
            seen: None,
            idempotency_key,
        }
    }

    /// What was sent from a template, to be asked for once more, without its files; none where it came from none.
    pub(super) fn again(stored: message::Model) -> Option<Self> {
        let origin = Origin {
            template: stored.template_id?,
            language: stored.template_language?,
            version: stored.template_version?,
        };
        Some(Self {
            conversation: stored.conversation_id,
            kind: stored.kind,
            title: stored.title,
            body: stored.body,
            html: stored.html,
            origin: Some(origin),
            files: Enclosures::default(),
            channel: None,
            allow_reply: None,
            seen: None,
            idempotency_key: stored.idempotency_key,
        })
    }

    /// What waited to be sent, under a key of the server's own.
    pub(in crate::domain) fn of_scheduled(
        waiting: &scheduled_message::Model,
        body: MessageBody,
        idempotency_key: String,
    ) -> Self {
        Self {
            conversation: waiting.conversation_id.unwrap_or(Self::TO_BE_BEGUN),
            kind: MessageKind::Message,
            title: None,
            body,
            html: waiting.html.clone(),
            origin: None,
            files: Enclosures::default(),
            channel: None,
            allow_reply: waiting.allow_reply,
            seen: None,
            idempotency_key,
        }
    }
}

impl Batch {
    /// Which templates the messages come from.
    pub(super) fn templates(&self) -> Vec<templates::Use> {
        self.messages
            .iter()
            .filter_map(|message| {
                let author = PersonId::from_columns(message.author_kind, message.author_id);
                let (PersonId::Staff(by), Some(template)) = (author, message.template_id) else {
                    return None;
                };
                let patient = self.patient_of(message)?;
                Some(templates::Use {
                    template,
                    patient,
                    by,
                })
            })
            .collect()
    }
}
