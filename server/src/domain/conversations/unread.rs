//! Unread counts (CHAT-4), without counting messages.
//!
//! A conversation numbers its messages without gaps, once for staff and once for what the patient may see. A read cursor
//! holds the number that a person has seen, how many messages of the conversation are their own, and how many of these
//! stand at or before the cursor. So what they have not seen is a difference of four numbers, at any length.

use std::collections::{HashMap, HashSet};

use entity::{
    ConversationId, OrganizationId, PersonId, PersonKind, StaffId, conversation, read_cursor,
};
use sea_orm::{ConnectionTrait, FromQueryResult as _};

use crate::domain::{fault::Fault, store::Sql};

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

/// What several people have not seen of several conversations, as the conversations stand now. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn unread_after(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    conversations: &[ConversationId],
    people: &[PersonId],
) -> Result<HashMap<(ConversationId, PersonId), Unread>, Fault> {
    let rows = with_cursors(connection, organization, conversations).await?;
    let mut counts = HashMap::with_capacity(rows.len() * people.len());
    for (row, cursors) in rows {
        for person in people {
            let cursor = cursors.iter().find(|cursor| {
                cursor.person_kind == person.kind() && cursor.person_id == person.uuid()
            });
            let unread = unread_of(person.kind(), row.seq, row.visible_seq, cursor);
            counts.insert((row.id, *person), unread);
        }
    }
    Ok(counts)
}

/// Conversations with the read cursors of everybody, both of the same moment: read one after the other, a message that is
/// stored in between would count as somebody's own and not as one of the conversation. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn with_cursors(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    conversations: &[ConversationId],
) -> Result<Vec<(conversation::Model, Vec<read_cursor::Model>)>, Fault> {
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = Sql::new("select c.*");
    for column in CURSOR_COLUMNS {
        select
            .push(", rc.")
            .push(column)
            .push(" as rc_")
            .push(column);
    }
    select.push(
        " from conversation c left join read_cursor rc on rc.organization_id = c.organization_id and rc.conversation_id = c.id \
         where c.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and c.id in ")
        .list(conversations.iter().copied());
    let mut found: HashMap<ConversationId, (conversation::Model, Vec<read_cursor::Model>)> =
        HashMap::new();
    for row in &connection.query_all_raw(select.on(connection)).await? {
        let conversation = conversation::Model::from_query_result(row, "")?;
        let entry = found
            .entry(conversation.id)
            .or_insert_with(|| (conversation, Vec::new()));
        entry
            .1
            .extend(read_cursor::Model::from_query_result_optional(row, "rc_")?);
    }
    Ok(found.into_values().collect())
}

/// SQL that is true where a conversation `c` holds an urgent message after a staff member's cursor `rc`. An index holds nothing
/// but urgent messages.
pub(super) const URGENT_UNREAD: &str = "exists (select 1 from message um where um.organization_id = c.organization_id \
     and um.conversation_id = c.id and um.urgent and um.seq > coalesce(rc.seq, 0))";

/// Joins the cursors `rc` of a staff member, whose placeholder follows, to conversations `c`.
pub(super) const JOIN_CURSOR: &str = " left join read_cursor rc on rc.organization_id = c.organization_id and rc.conversation_id = c.id \
     and rc.person_kind = 'STAFF' and rc.person_id = ";

/// Which of several conversations hold urgent messages that a staff member has not seen. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn urgent_unread(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    staff: StaffId,
    conversations: &[ConversationId],
) -> Result<HashSet<ConversationId>, Fault> {
    let mut select = Sql::new("select c.id from conversation c");
    select
        .push(JOIN_CURSOR)
        .bind(staff)
        .push(" where c.organization_id = ")
        .bind(organization)
        .push(" and c.id in ")
        .list(conversations.iter().copied())
        .push(" and ")
        .push(URGENT_UNREAD);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    rows.iter()
        .map(|row| Ok(row.try_get_by_index(0)?))
        .collect()
}

const CURSOR_COLUMNS: [&str; 10] = [
    "organization_id",
    "conversation_id",
    "person_kind",
    "person_id",
    "seq",
    "visible_seq",
    "own_total",
    "own_seen",
    "reminded_seq",
    "read_at",
];

#[cfg(test)]
mod tests {
    use uuid::Uuid;

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
