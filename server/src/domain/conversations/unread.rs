//! Unread counts (CHAT-4), without counting messages.
//!
//! A conversation numbers its messages without gaps, once for staff and once for what the patient may see. A read cursor
//! holds the number that a person has seen, how many messages of the conversation are their own, and how many of these
//! stand at or before the cursor. So what they have not seen is a difference of four numbers, at any length.

use std::collections::HashMap;

use entity::{ConversationId, OrganizationId, PersonId, PersonKind, read_cursor};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::domain::fault::Fault;

/// A number of messages that one person has not seen; their own never count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Unread(pub i64);

/// What one person has not seen of a conversation that has reached these numbers. Without a cursor: everything.
#[must_use]
pub fn unread_of(
    kind: PersonKind,
    seq: i64,
    visible_seq: i64,
    cursor: Option<&read_cursor::Model>,
) -> Unread {
    let (read, own_unseen) = match (kind, cursor) {
        (_, None) => (0, 0),
        (PersonKind::Staff, Some(cursor)) => (cursor.seq, cursor.own_total - cursor.own_seen),
        (PersonKind::Patient, Some(cursor)) => {
            (cursor.visible_seq, cursor.own_total - cursor.own_seen)
        }
    };
    let reached = match kind {
        PersonKind::Staff => seq,
        PersonKind::Patient => visible_seq,
    };
    Unread(reached - read - own_unseen)
}

/// What several people have not seen of several conversations, as the conversations stand now. Two statements.
///
/// # Errors
/// Any failure of the database.
pub async fn unread_after(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    conversations: &[ConversationId],
    people: &[PersonId],
) -> Result<HashMap<(ConversationId, PersonId), Unread>, Fault> {
    if conversations.is_empty() || people.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = entity::conversation::Entity::find()
        .filter(entity::conversation::Column::OrganizationId.eq(organization))
        .filter(entity::conversation::Column::Id.is_in(conversations.iter().copied()))
        .all(connection)
        .await?;
    let cursors: HashMap<(ConversationId, Uuid), read_cursor::Model> = read_cursor::Entity::find()
        .filter(read_cursor::Column::OrganizationId.eq(organization))
        .filter(read_cursor::Column::ConversationId.is_in(conversations.iter().copied()))
        .filter(read_cursor::Column::PersonId.is_in(people.iter().map(|person| person.uuid())))
        .all(connection)
        .await?
        .into_iter()
        .map(|cursor| ((cursor.conversation_id, cursor.person_id), cursor))
        .collect();
    let mut counts = HashMap::with_capacity(rows.len() * people.len());
    for row in rows {
        for person in people {
            let cursor = cursors.get(&(row.id, person.uuid()));
            counts.insert(
                (row.id, *person),
                unread_of(person.kind(), row.seq, row.visible_seq, cursor),
            );
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(seq: i64, visible_seq: i64, own_total: i64, own_seen: i64) -> read_cursor::Model {
        read_cursor::Model {
            organization_id: OrganizationId(Uuid::nil()),
            conversation_id: ConversationId(Uuid::nil()),
            person_kind: PersonKind::Staff,
            person_id: Uuid::nil(),
            seq,
            visible_seq,
            own_total,
            own_seen,
            reminded_seq: 0,
            read_at: None,
        }
    }

    #[test]
    fn without_a_cursor_everything_is_unread() {
        assert_eq!(unread_of(PersonKind::Staff, 7, 5, None), Unread(7));
        assert_eq!(unread_of(PersonKind::Patient, 7, 5, None), Unread(5));
    }

    #[test]
    fn own_messages_after_the_cursor_do_not_count() {
        assert_eq!(
            unread_of(PersonKind::Staff, 10, 10, Some(&cursor(4, 4, 3, 1))),
            Unread(4)
        );
        assert_eq!(
            unread_of(PersonKind::Patient, 10, 8, Some(&cursor(4, 4, 3, 1))),
            Unread(2)
        );
    }
}
