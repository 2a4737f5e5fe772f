//! What an author has not seen when they answer: the guard against answering twice (NEW-2).

use std::collections::{BTreeSet, HashMap};

use entity::{
    ConversationId, EventKind, MessageId, MessageKind, OrganizationId, PersonId, PersonKind,
    message,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction};
use uuid::Uuid;

use super::{SendError, post_office::Letter};
use crate::domain::{event_log::Position, fault::Fault, store::Sql};

/// The most messages that a refusal names.
const SHOWN: usize = 20;

/// A message of a staff member that somebody may have missed.
struct Answer {
    id: MessageId,
    author: Uuid,
    position: i64,
}

/// What staff wrote in the conversations of guarded letters after the earliest position that their authors name.
#[derive(Default)]
pub(super) struct Missed(HashMap<ConversationId, Vec<Answer>>);

impl Missed {
    /// Reads what guarded letters may have missed, under the lock of their conversations: from the log, by its index on
    /// conversations, at most [`SHOWN`] for each letter. One statement; none when no letter is guarded.
    pub(super) async fn find(
        tx: &DatabaseTransaction,
        organization: OrganizationId,
        letters: &[Letter],
    ) -> Result<Self, Fault> {
        let mut select = Sql::default();
        for (number, letter) in letters.iter().enumerate() {
            let Some((conversation, seen)) = guard(letter) else {
                continue;
            };
            if number > 0 && !select.is_empty() {
                select.push(" union all ");
            }
            select
                .push("select * from (select conversation_id, message_id, actor_id, position from event where organization_id = ")
                .bind(organization)
                .push(" and conversation_id = ")
                .bind(conversation)
                .push(" and position > ")
                .bind(seen.0)
                .push(" and kind = ")
                .bind(EventKind::MessagePosted)
                .push(" and actor_kind = ")
                .bind(PersonKind::Staff)
                .push(" and actor_id <> ")
                .bind(letter.author.uuid())
                .push(" order by position limit ")
                .bind(SHOWN as i64)
                .push(&format!(") as letter_{number}"));
        }
        let mut found: HashMap<ConversationId, Vec<Answer>> = HashMap::new();
        if select.is_empty() {
            return Ok(Self(found));
        }
        for row in tx.query_all_raw(select.on(tx)).await? {
            found
                .entry(row.try_get_by_index(0)?)
                .or_default()
                .push(Answer {
                    id: row.try_get_by_index(1)?,
                    author: row.try_get_by_index(2)?,
                    position: row.try_get_by_index(3)?,
                });
        }
        Ok(Self(found))
    }

    /// Refuses a guarded letter that a colleague's answer overtook, be it one of the same batch.
    pub(super) fn check(&self, letter: &Letter, batch: &[message::Model]) -> Result<(), SendError> {
        let Some((conversation, seen)) = guard(letter) else {
            return Ok(());
        };
        let author = letter.author.uuid();
        let stored = self.0.get(&conversation).into_iter().flatten();
        let stored = stored
            .filter(|answer| answer.author != author && answer.position > seen.0)
            .map(|answer| answer.id);
        let fresh = batch
            .iter()
            .filter(|message| {
                message.conversation_id == conversation
                    && message.kind == MessageKind::Message
                    && message.author_kind == PersonKind::Staff
                    && message.author_id != author
            })
            .map(|message| message.id);
        // Several letters may have found the same.
        let missed: BTreeSet<_> = stored.chain(fresh).collect();
        let missed: Vec<_> = missed.into_iter().take(SHOWN).collect();
        if missed.is_empty() {
            Ok(())
        } else {
            Err(SendError::AnsweredMeanwhile(missed))
        }
    }
}

/// The conversation and position of a letter that is to be held back when it is overtaken. Patients have no colleagues.
fn guard(letter: &Letter) -> Option<(ConversationId, Position)> {
    match letter.author {
        PersonId::Staff(_) if letter.draft.kind == MessageKind::Message => letter
            .draft
            .seen
            .map(|seen| (letter.draft.conversation, seen)),
        PersonId::Staff(_) | PersonId::Patient(_) => None,
    }
}
