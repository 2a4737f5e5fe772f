//! What messages do to the cases in which they stand.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, EventKind, MessageKind, OrganizationId, PersonId, PersonKind, message,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction};

use super::batch::Batch;
use crate::domain::{
    cases::bring_back, conversations::take_part, event_log::NewEvent, fault::Fault, store::Sql,
};

impl Batch {
    fn messages_of_cases(&self, by: PersonKind) -> impl Iterator<Item = &message::Model> {
        self.messages.iter().filter(move |message| {
            message.kind == MessageKind::Message
                && message.author_kind == by
                && self.is_of_case(message)
        })
    }

    /// Staff who write to the patient of a case take part in it from then on, so that the answer alerts them. Nothing without
    /// such messages; one statement otherwise.
    pub(super) async fn join_cases(
        &self,
        tx: &DatabaseTransaction,
        organization: OrganizationId,
        now: DateTime<Utc>,
    ) -> Result<(), Fault> {
        let mut working = BTreeSet::new();
        for message in self.messages_of_cases(PersonKind::Staff) {
            let author = PersonId::from_columns(message.author_kind, message.author_id);
            if let PersonId::Staff(staff) = author {
                working.insert((message.conversation_id, staff));
            }
        }
        if working.is_empty() {
            return Ok(());
        }
        let working: Vec<_> = working.into_iter().collect();
        take_part(tx, organization, now, &working).await
    }

    /// What a staff member writes to the patient is an answer (CASE-6), and what the patient writes brings a hidden case back to
    /// everybody (CASE-5). Nothing without cases; two statements at most.
    pub(super) async fn move_cases(
        &self,
        tx: &DatabaseTransaction,
        organization: OrganizationId,
        now: DateTime<Utc>,
    ) -> Result<(), Fault> {
        let of = |by| -> BTreeSet<ConversationId> {
            let messages = self.messages_of_cases(by);
            messages.map(|message| message.conversation_id).collect()
        };
        let (answered, woken) = (of(PersonKind::Staff), of(PersonKind::Patient));
        if !answered.is_empty() {
            let mut update = Sql::new("update contact_request set first_answered_at = ");
            update
                .bind(now)
                .push(" where organization_id = ")
                .bind(organization)
                .push(" and first_answered_at is null and conversation_id in ")
                .list(answered);
            tx.execute_raw(update.on(tx)).await?;
        }
        if !woken.is_empty() {
            bring_back(tx, organization, &woken).await?;
        }
        Ok(())
    }

    /// One event for each case in which something was written, for those who watch the list of cases.
    pub(super) fn events_of_cases(&self) -> Vec<NewEvent> {
        let mut events = BTreeMap::new();
        for message in &self.messages {
            if self.is_of_case(message) {
                let author = PersonId::from_columns(message.author_kind, message.author_id);
                let event = NewEvent {
                    patient: self.patient_of(message),
                    ..NewEvent::new(EventKind::CaseWritten)
                        .by(author)
                        .within(message.conversation_id)
                };
                events.insert(message.conversation_id, event);
            }
        }
        events.into_values().collect()
    }
}
