//! The messages of a batch that are not stored yet: numbered, then written with as few statements as possible.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{
    Channel, ConversationId, EventKind, MessageId, MessageKind, OrganizationId, PatientId,
    PersonId, PersonKind, message,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};
use uuid::Uuid;

use super::post_office::Letter;
use crate::domain::{
    core::Core,
    event_log::{NewEvent, Position},
    fault::Fault,
    notifications,
    panel::Panel,
    policy::CanPost,
    store::Sql,
};

/// A conversation's counters while the batch is numbered.
struct Counters {
    patient: PatientId,
    seq: i64,
    visible_seq: i64,
}

/// The messages of a batch that are not stored yet.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) messages: Vec<message::Model>,
    conversations: BTreeMap<ConversationId, Counters>,
}

impl Batch {
    pub(super) fn add(
        &mut self,
        core: &Core,
        now: DateTime<Utc>,
        letter: &Letter,
        can_post: &CanPost,
    ) -> usize {
        let conversation = can_post.conversation();
        let counters = self
            .conversations
            .entry(conversation.id)
            .or_insert_with(|| Counters {
                patient: conversation.patient_id,
                seq: conversation.seq,
                visible_seq: conversation.visible_seq,
            });
        counters.seq += 1;
        counters.visible_seq += i64::from(letter.draft.kind == MessageKind::Message);
        self.messages.push(message::Model {
            organization_id: conversation.organization_id,
            id: MessageId(core.entropy.uuid(now)),
            conversation_id: conversation.id,
            seq: counters.seq,
            visible_seq: counters.visible_seq,
            author_kind: letter.author.kind(),
            author_id: letter.author.uuid(),
            author_ordinal: 0,
            kind: letter.draft.kind,
            channel: Channel::Portal,
            body: letter.draft.body.clone(),
            idempotency_key: letter.draft.idempotency_key.clone(),
            position: 0,
            created_at: now,
        });
        self.messages.len() - 1
    }

    /// Counts each author's messages on, so that unread counts can leave a person's own ones out without counting.
    pub(super) async fn number_by_author(
        &mut self,
        tx: &DatabaseTransaction,
        organization: OrganizationId,
    ) -> Result<(), Fault> {
        let mut counts: BTreeMap<(ConversationId, Uuid), (PersonKind, i64)> = BTreeMap::new();
        for message in &self.messages {
            counts
                .entry((message.conversation_id, message.author_id))
                .or_insert((message.author_kind, 0))
                .1 += 1;
        }
        let mut upsert = Sql::new(
            "insert into read_cursor (organization_id, conversation_id, person_kind, person_id, seq, visible_seq, own_total, own_seen, \
             reminded_seq) values ",
        );
        upsert.rows(
            counts
                .iter()
                .map(|((conversation, person), (kind, count))| -> [Value; 9] {
                    let zero = || Value::from(0_i64);
                    [
                        organization.into(),
                        (*conversation).into(),
                        (*kind).into(),
                        (*person).into(),
                        zero(),
                        zero(),
                        (*count).into(),
                        zero(),
                        zero(),
                    ]
                }),
        );
        upsert.push(
            " on conflict (organization_id, conversation_id, person_kind, person_id) \
             do update set own_total = read_cursor.own_total + excluded.own_total returning conversation_id, person_id, own_total",
        );
        let mut totals: HashMap<(ConversationId, Uuid), i64> = HashMap::new();
        for row in tx.query_all_raw(upsert.on(tx)).await? {
            totals.insert(
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?),
                row.try_get_by_index(2)?,
            );
        }
        for message in self.messages.iter_mut().rev() {
            let total = totals
                .get_mut(&(message.conversation_id, message.author_id))
                .ok_or(Fault::Corrupt("author total"))?;
            message.author_ordinal = *total;
            *total -= 1;
        }
        Ok(())
    }

    pub(super) async fn raise_conversations(
        &self,
        tx: &DatabaseTransaction,
        organization: OrganizationId,
        now: DateTime<Utc>,
    ) -> Result<(), Fault> {
        let mut update = Sql::new("update conversation set activity_at = ");
        update
            .bind(now)
            .push(", seq = v.column2, visible_seq = v.column3 from (values ");
        update.rows(
            self.conversations
                .iter()
                .map(|(id, counters)| -> [Value; 3] {
                    [
                        (*id).into(),
                        counters.seq.into(),
                        counters.visible_seq.into(),
                    ]
                }),
        );
        update
            .push(") as v where conversation.id = v.column1 and conversation.organization_id = ")
            .bind(organization);
        tx.execute_raw(update.on(tx)).await?;
        Ok(())
    }

    pub(super) async fn insert(
        &mut self,
        tx: &DatabaseTransaction,
        first: Position,
    ) -> Result<(), Fault> {
        for (position, message) in (first.0..).zip(&mut self.messages) {
            message.position = position;
        }
        let mut insert = Sql::new(
            "insert into message (organization_id, id, conversation_id, seq, visible_seq, author_kind, author_id, author_ordinal, \
             kind, channel, body, idempotency_key, position, created_at) values ",
        );
        insert.rows(self.messages.iter().map(|m| -> [Value; 14] {
            [
                m.organization_id.into(),
                m.id.into(),
                m.conversation_id.into(),
                m.seq.into(),
                m.visible_seq.into(),
                m.author_kind.into(),
                m.author_id.into(),
                m.author_ordinal.into(),
                m.kind.into(),
                m.channel.into(),
                m.body.clone().into(),
                m.idempotency_key.clone().into(),
                m.position.into(),
                m.created_at.into(),
            ]
        }));
        tx.execute_raw(insert.on(tx)).await?;
        Ok(())
    }

    /// The patients whose conversations the messages stand in.
    pub(super) fn patients(&self) -> BTreeSet<PatientId> {
        self.conversations
            .values()
            .map(|counters| counters.patient)
            .collect()
    }

    fn patient_of(&self, message: &message::Model) -> Option<PatientId> {
        self.conversations
            .get(&message.conversation_id)
            .map(|counters| counters.patient)
    }

    pub(super) fn caused<'a>(
        &'a self,
        panels: &'a HashMap<PatientId, Panel>,
    ) -> Vec<notifications::Cause<'a>> {
        self.messages
            .iter()
            .filter_map(|message| {
                let patient = self.patient_of(message)?;
                Some(notifications::Cause {
                    message,
                    patient,
                    panel: panels.get(&patient),
                })
            })
            .collect()
    }

    pub(super) fn events(&self, panels: &HashMap<PatientId, Panel>) -> Vec<NewEvent> {
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
                    audience: patient
                        .and_then(|patient| panels.get(&patient))
                        .map(|panel| panel.audience(alerting))
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
