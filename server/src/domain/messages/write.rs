//! Writing a batch of messages in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{
    Channel, ConversationId, EventKind, MessageId, MessageKind, OrganizationId, PatientId,
    PersonId, PersonKind, message,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};
use uuid::Uuid;

use super::{SendError, Sent, post_office::Letter};
use crate::domain::{
    core::Core,
    event_log::{NewEvent, Position, append, reserve},
    fault::Fault,
    notifications,
    panel::{self, Panel},
    policy::{CanPost, Intent, PostRefused, decide_posts},
    store::Sql,
};

/// Where each letter's outcome comes from.
enum Outcome {
    New(usize),
    Earlier(message::Model),
    Refused(SendError),
}

/// Stores the letters that may be stored and tells the outcome of each, in order. Nothing is stored when it fails.
pub(super) async fn write_batch(
    core: &Core,
    organization: OrganizationId,
    letters: &[Letter],
) -> Result<Vec<Result<Sent, SendError>>, Fault> {
    let now = core.clock.now();
    let tx = core.store.begin().await?;
    let intents: Vec<_> = letters.iter().map(intent).collect();
    let (settings, decisions) = decide_posts(&tx, organization, &intents).await?;
    let (mut fresh, outcomes) = Fresh::sort(core, now, letters, decisions);
    if !fresh.messages.is_empty() {
        let patients: BTreeSet<_> = fresh.conversations.values().map(|c| c.patient).collect();
        let panels = panel::of_patients(&tx, organization, &patients).await?;
        fresh.number_by_author(&tx, organization).await?;
        fresh.raise_conversations(&tx, organization, now).await?;
        notifications::enqueue_for_messages(core, &tx, now, &settings, &fresh.caused(&panels))
            .await?;
        let first = reserve(&tx, organization, fresh.messages.len()).await?;
        fresh.insert(&tx, first).await?;
        append(&tx, organization, first, now, &fresh.events(&panels)).await?;
        tx.commit().await?;
        core.doorbell.ring(
            organization,
            Position(first.0 + fresh.messages.len() as i64 - 1),
        );
    }
    Ok(outcomes
        .into_iter()
        .map(|outcome| outcome.settle(&fresh))
        .collect())
}

fn intent(letter: &Letter) -> Intent {
    Intent {
        author: letter.author,
        conversation: letter.draft.conversation,
        kind: letter.draft.kind,
        idempotency_key: letter.draft.idempotency_key.clone(),
    }
}

impl Outcome {
    fn settle(self, fresh: &Fresh) -> Result<Sent, SendError> {
        match self {
            Self::New(index) => fresh
                .messages
                .get(index)
                .map(|message| Sent {
                    message: message.clone(),
                    replayed: false,
                })
                .ok_or(SendError::NotFound),
            Self::Earlier(message) => Ok(Sent {
                message,
                replayed: true,
            }),
            Self::Refused(error) => Err(error),
        }
    }
}

/// A conversation's counters while the batch is numbered.
struct Counters {
    patient: PatientId,
    seq: i64,
    visible_seq: i64,
}

/// The messages of a batch that are not stored yet.
#[derive(Default)]
struct Fresh {
    messages: Vec<message::Model>,
    conversations: BTreeMap<ConversationId, Counters>,
}

impl Fresh {
    /// Tells new messages from repeated and refused ones, and numbers the new ones within their conversations.
    fn sort(
        core: &Core,
        now: DateTime<Utc>,
        letters: &[Letter],
        decisions: Vec<Result<CanPost, PostRefused>>,
    ) -> (Self, Vec<Outcome>) {
        let mut fresh = Self::default();
        let mut keys: HashMap<(ConversationId, PersonKind, &str), usize> = HashMap::new();
        let mut outcomes = Vec::with_capacity(letters.len());
        for (letter, decision) in letters.iter().zip(decisions) {
            let key = (
                letter.draft.conversation,
                letter.author.kind(),
                letter.draft.idempotency_key.as_str(),
            );
            outcomes.push(match decision {
                Err(refused) => Outcome::Refused(refused.into()),
                Ok(can_post) => match (can_post.earlier(), keys.get(&key)) {
                    (Some(earlier), _) if repeats(earlier, letter) => {
                        Outcome::Earlier(earlier.clone())
                    }
                    (Some(_), _) => Outcome::Refused(SendError::KeyReused),
                    (None, Some(&index)) => match fresh.messages.get(index) {
                        Some(first) if repeats(first, letter) => Outcome::New(index),
                        Some(_) | None => Outcome::Refused(SendError::KeyReused),
                    },
                    (None, None) => {
                        keys.insert(key, fresh.messages.len());
                        Outcome::New(fresh.add(core, now, letter, &can_post))
                    }
                },
            });
        }
        (fresh, outcomes)
    }

    fn add(
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
    async fn number_by_author(
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

    async fn raise_conversations(
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

    async fn insert(&mut self, tx: &DatabaseTransaction, first: Position) -> Result<(), Fault> {
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

    fn patient_of(&self, message: &message::Model) -> Option<PatientId> {
        self.conversations
            .get(&message.conversation_id)
            .map(|counters| counters.patient)
    }

    fn caused<'a>(
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

    fn events(&self, panels: &HashMap<PatientId, Panel>) -> Vec<NewEvent> {
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

/// Whether the letter asks for what is already there.
fn repeats(message: &message::Model, letter: &Letter) -> bool {
    message.kind == letter.draft.kind && message.body == letter.draft.body
}
