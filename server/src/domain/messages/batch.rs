//! The messages of a batch that are not stored yet: numbered, then written with as few statements as possible.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, ConversationKind, ConversationStatus, MessageId, MessageKind, OrganizationId,
    PatientId, PersonId, PersonKind, PhoneNumber, conversation, message,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};
use uuid::Uuid;

use super::post_office::Letter;
use crate::domain::{
    answers::Stretch,
    core::Core,
    event_log::Position,
    fault::Fault,
    policy::{CanEnclose, CanPost, SoFar},
    store::Sql,
};

/// A conversation's counters while the batch is numbered.
pub(super) struct Counters {
    pub(super) kind: ConversationKind,
    pub(super) patient: PatientId,
    /// The patient's number, where messages go by text.
    number: Option<PhoneNumber>,
    /// Whether it is a case.
    is_case: bool,
    /// Whether it has not ended.
    pub(super) is_open: bool,
    seq: i64,
    visible_seq: i64,
    so_far: SoFar,
    pub(super) stretch: Stretch,
    /// The clinic's time zone, where the patient has written.
    pub(super) heard_in: Option<String>,
}

/// The messages of a batch that are not stored yet.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) messages: Vec<message::Model>,
    /// The files of those messages that have some.
    pub(super) files: HashMap<MessageId, Vec<CanEnclose>>,
    pub(super) conversations: BTreeMap<ConversationId, Counters>,
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
                kind: conversation.kind,
                patient: conversation.patient_id,
                number: None,
                is_case: conversation.case_status.is_some(),
                is_open: conversation.status == ConversationStatus::Open,
                seq: conversation.seq,
                visible_seq: conversation.visible_seq,
                so_far: can_post.so_far(),
                stretch: Stretch::of(conversation),
                heard_in: None,
            });
        counters.seq += 1;
        if counters.number.is_none() {
            counters.number = can_post.number().cloned();
        }
        if letter.draft.kind == MessageKind::Message {
            counters.visible_seq += 1;
            counters.so_far.last_author = Some(letter.author.kind());
            counters.waits_or_is_answered(now, letter.author, can_post);
            if let PersonId::Patient(_) = letter.author {
                counters.so_far.last_patient_channel = Some(can_post.channel());
            }
            if let (PersonId::Staff(_), Some(allow)) = (letter.author, letter.draft.allow_reply) {
                counters.so_far.replies = Some(can_post.replies(allow));
            }
        }
        let origin = letter.draft.origin.as_ref();
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
            channel: can_post.channel(),
            title: letter.draft.title.clone(),
            body: letter.draft.body.clone(),
            html: letter.draft.html.clone(),
            template_id: origin.map(|origin| origin.template),
            template_language: origin.map(|origin| origin.language.clone()),
            template_version: origin.map(|origin| origin.version),
            urgent: false,
            opt_out_wish: false,
            after_close: is_after_close(letter, conversation),
            attachment_count: 0,
            idempotency_key: letter.draft.idempotency_key.clone(),
            position: 0,
            created_at: now,
        });
        self.messages.len() - 1
    }

    /// What a conversation has come to with the messages of the batch.
    pub(super) fn so_far(&self, can_post: &CanPost) -> SoFar {
        let counters = self.conversations.get(&can_post.conversation().id);
        counters.map_or_else(|| can_post.so_far(), |counters| counters.so_far)
    }

    /// The conversations of the batch.
    pub(super) fn conversations(&self) -> BTreeSet<ConversationId> {
        self.conversations.keys().copied().collect()
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
            .push(", seq = v.column2, visible_seq = v.column3, last_author_kind = v.column4, replies = v.column5, last_patient_channel = v.column6, ")
            .push(&Stretch::assignments(7))
            .push(" from (values ");
        update.rows(self.conversations.iter().map(|(id, counters)| {
            let counted: [Value; 6] = [
                (*id).into(),
                counters.seq.into(),
                counters.visible_seq.into(),
                counters.so_far.last_author.into(),
                counters.so_far.replies.into(),
                counters.so_far.last_patient_channel.into(),
            ];
            counted.into_iter().chain(counters.stretch.columns())
        }));
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
             kind, channel, title, body, html, template_id, template_language, template_version, urgent, opt_out_wish, after_close, attachment_count, \
             idempotency_key, position, created_at) values ",
        );
        insert.rows(self.messages.iter().map(|m| -> [Value; 23] {
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
                m.title.clone().into(),
                m.body.clone().into(),
                m.html.clone().into(),
                m.template_id.into(),
                m.template_language.clone().into(),
                m.template_version.into(),
                m.urgent.into(),
                m.opt_out_wish.into(),
                m.after_close.into(),
                m.attachment_count.into(),
                m.idempotency_key.clone().into(),
                m.position.into(),
                m.created_at.into(),
            ]
        }));
        tx.execute_raw(insert.on(tx)).await?;
        Ok(())
    }

    pub(super) fn patient_of(&self, message: &message::Model) -> Option<PatientId> {
        self.conversations
            .get(&message.conversation_id)
            .map(|counters| counters.patient)
    }

    pub(super) fn is_of_case(&self, message: &message::Model) -> bool {
        self.conversations
            .get(&message.conversation_id)
            .is_some_and(|counters| counters.is_case)
    }

    pub(super) fn number_of(&self, message: &message::Model) -> Option<&PhoneNumber> {
        self.conversations
            .get(&message.conversation_id)?
            .number
            .as_ref()
    }
}

/// Whether a patient writes after the end: it is kept for staff, and nobody may read it soon (CASE-3).
fn is_after_close(letter: &Letter, conversation: &conversation::Model) -> bool {
    letter.author.kind() == PersonKind::Patient && conversation.status == ConversationStatus::Closed
}
