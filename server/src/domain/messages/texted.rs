//! Messages that travel as texts: which can, and what leaves with the transaction that stores them (TXT-7).

use chrono::{DateTime, Utc};
use entity::{Channel, MessageBody, OrganizationId, PersonKind, RichBody, TextPurpose};
use sea_orm::DatabaseTransaction;

use super::{Draft, batch::Batch};
use crate::domain::{
    core::Core,
    fault::Fault,
    policy::Way,
    texts::{
        measure,
        outbound::{NewText, queue},
    },
};

/// The most parts of a text; a longer message goes into the portal, and a link by text.
const MAX_SEGMENTS: u32 = 10;

impl Draft {
    /// Says by which way a staff member wants the message to go; none leaves it to how the patient wrote last.
    #[must_use]
    pub fn by(mut self, channel: Option<Channel>) -> Self {
        self.channel = channel;
        self
    }

    /// What is known of its way before it is decided.
    pub(super) fn way(&self, author: PersonKind) -> Way {
        match author {
            PersonKind::Patient => Way::Portal,
            PersonKind::Staff => Way::ToPatient {
                chosen: self.channel,
                fits: self.files.as_slice().is_empty() && fits(&self.body, self.html.as_ref()),
            },
        }
    }
}

/// Whether words can be a text as they are: plain, and not too long.
pub(in crate::domain) fn fits(body: &MessageBody, html: Option<&RichBody>) -> bool {
    html.is_none() && measure(body.reveal()).segments <= MAX_SEGMENTS
}

impl Batch {
    /// Stores the texts that carry messages of the batch. Nothing where none goes by text; three statements otherwise.
    pub(super) async fn queue_texts(
        &self,
        core: &Core,
        tx: &DatabaseTransaction,
        organization: OrganizationId,
        now: DateTime<Utc>,
    ) -> Result<(), Fault> {
        let by_text = self.messages.iter().filter(|message| {
            message.channel == Channel::Sms && message.author_kind == PersonKind::Staff
        });
        let texts: Vec<_> = by_text
            .filter_map(|message| {
                Some(NewText {
                    to: self.number_of(message)?.clone(),
                    from: None,
                    body: message.body.clone(),
                    purpose: TextPurpose::Message,
                    patient: self.patient_of(message),
                    message: Some((message.conversation_id, message.id)),
                    notification: None,
                    idempotency_key: format!("message {}", message.id.0.simple()),
                })
            })
            .collect();
        // Policy has found the number free and the clinic able to text in this transaction. Should that have changed since, the
        // text fails when its turn to leave comes, and whoever wrote the message is told.
        queue(core, tx, organization, now, &texts).await?;
        Ok(())
    }
}
