//! What the messages of a batch cause: notifications, and entries of the log.

use std::collections::{BTreeMap, HashMap};

use entity::{ConversationId, EventKind, MessageKind, PatientId, PersonId, PersonKind};

use super::{batch::Batch, remarkable::has_priority};
use crate::domain::{conversations::Followers, event_log::NewEvent, notifications};

impl Batch {
    pub(super) fn caused<'a>(
        &'a self,
        followers: &'a HashMap<ConversationId, Followers>,
    ) -> Vec<notifications::Cause<'a>> {
        self.messages
            .iter()
            .filter_map(|message| {
                let patient = self.patient_of(message)?;
                Some(notifications::Cause {
                    message,
                    patient,
                    followers: followers.get(&message.conversation_id),
                })
            })
            .collect()
    }

    /// The conversations with messages of patients that have priority and alert nobody.
    pub(super) fn unheard(
        &self,
        followers: &HashMap<ConversationId, Followers>,
    ) -> BTreeMap<ConversationId, PatientId> {
        let first = self.messages.iter().filter(|message| has_priority(message));
        let unheard = first.filter(|message| {
            let followers = followers.get(&message.conversation_id);
            !followers.is_some_and(Followers::anybody_told)
        });
        unheard
            .filter_map(|message| Some((message.conversation_id, self.patient_of(message)?)))
            .collect()
    }

    pub(super) fn events(&self, followers: &HashMap<ConversationId, Followers>) -> Vec<NewEvent> {
        self.messages
            .iter()
            .map(|message| {
                let patient = self.patient_of(message);
                let kind = match message.kind {
                    MessageKind::Message => EventKind::MessagePosted,
                    MessageKind::Note => EventKind::NoteAdded,
                };
                let alerting = message.author_kind == PersonKind::Patient;
                NewEvent {
                    message: Some(message.id),
                    patient,
                    audience: followers
                        .get(&message.conversation_id)
                        .map(|followers| match has_priority(message) {
                            true => followers.audience_of_urgent(),
                            false => followers.audience(alerting),
                        })
                        .unwrap_or_default(),
                    ..NewEvent::new(kind)
                        .by(PersonId::from_columns(
                            message.author_kind,
                            message.author_id,
                        ))
                        .within(message.conversation_id)
                }
            })
            .collect()
    }
}
