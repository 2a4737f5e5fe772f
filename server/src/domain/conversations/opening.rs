//! With which words a secure message begins.

use entity::{ConversationId, StaffId, Title, patient};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::BeginError;
use crate::domain::{
    messages::{Draft, SendError, TemplateDraft},
    policy::Denied,
    templates,
};

/// With which words a secure message begins.
#[derive(Debug)]
pub enum Opening {
    /// Its author's own.
    Own {
        /// What it is about.
        title: Title,
        /// The first message; [`Draft::beginning`] makes it.
        draft: Draft,
    },
    /// Those of an approved template, whose title is the conversation's too.
    Template(TemplateDraft),
}

impl Opening {
    /// The idempotency key.
    pub(in crate::domain) fn idempotency_key(&self) -> &str {
        match self {
            Self::Own { draft, .. } => draft.idempotency_key(),
            Self::Template(wanted) => wanted.idempotency_key(),
        }
    }

    /// Whether the words come from an approved template.
    pub(super) const fn is_from_template(&self) -> bool {
        match self {
            Self::Own { .. } => false,
            Self::Template(_) => true,
        }
    }

    /// Adds what is asked for to the bytes that tell one request from another. Of a template this is which one, since what
    /// it says may change until the request is repeated.
    pub(super) fn write(&self, asked: &mut Vec<u8>) {
        match self {
            Self::Own { title, draft } => {
                asked.push(b'\0');
                asked.extend_from_slice(title.reveal().as_bytes());
                asked.push(b'\0');
                asked.extend_from_slice(&draft.digest());
            }
            Self::Template(wanted) => {
                asked.push(b'\x01');
                asked.extend_from_slice(wanted.template().0.as_bytes());
                asked.extend(wanted.allow_reply().map(u8::from));
                wanted.files().write(asked);
            }
        }
    }

    /// The title, and the first message without its conversation. Two statements for a template, none otherwise.
    pub(in crate::domain) async fn words(
        &self,
        tx: &DatabaseTransaction,
        author: StaffId,
        patient: &patient::Model,
    ) -> Result<(Title, Draft), BeginError> {
        let wanted = match self {
            Self::Own { title, draft } => return Ok((title.clone(), draft.clone())),
            Self::Template(wanted) => wanted,
        };
        let prepared = templates::prepare(tx, patient.organization_id, wanted.template(), author)
            .await?
            .ok_or(Denied::NotFound)?;
        let filled = prepared.fill(patient).map_err(SendError::Unsendable)?;
        let title = Title::new(filled.title.reveal());
        Ok((title, wanted.filled(ConversationId(Uuid::nil()), filled)))
    }
}
