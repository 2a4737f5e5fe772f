//! How far a person has read a conversation. Cursors only move forward.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, EventKind, MessageId, MessageKind, OrganizationId, PersonId, PersonKind,
    message,
};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryResult};

use super::{Unread, unread_of, with_cursors};
use crate::domain::{
    core::Core,
    event_log::{Change, NewEvent},
    fault::Fault,
    policy::{ConversationInView, Denied, ReceiptsInView},
    store::{Sql, sql},
};

/// The outcome of marking a conversation read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkRead {
    /// The number of the last message that the person has seen.
    pub seq: i64,
    /// What they have not seen yet.
    pub unread: Unread,
}

/// How far somebody has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorView {
    /// Who.
    pub person: PersonId,
    /// The number of the last message that they have seen, of those that both sides see.
    pub seq: i64,
    /// When they read that far.
    pub read_at: Option<DateTime<Utc>>,
}

/// Moves the reader's cursor to a message of the conversation. A cursor that is further already stays. Three statements,
/// and two more when it moves.
///
/// # Errors
/// [`Denied::NotFound`] when the message is not one of this conversation that the reader may see.
pub async fn mark_read(
    core: &Core,
    in_view: &ConversationInView,
    upto: MessageId,
) -> Result<MarkRead, Denied> {
    let reader = in_view.reader();
    let mut change = Change::begin(core, in_view.organization()).await?;
    let message = message::Entity::find_by_id((in_view.organization(), upto))
        .filter(message::Column::ConversationId.eq(in_view.id()))
        .one(change.tx())
        .await?
        .filter(|message| in_view.shows_notes() || message.kind == MessageKind::Message)
        .ok_or(Denied::NotFound)?;
    let moved = raise(&change, in_view, &message).await?;
    let (latest, cursors) = with_cursors(change.tx(), in_view.organization(), &[in_view.id()])
        .await?
        .pop()
        .ok_or(Denied::NotFound)?;
    let cursor = cursors
        .into_iter()
        .find(|cursor| cursor.person_kind == reader.kind() && cursor.person_id == reader.uuid())
        .ok_or(Fault::Corrupt("read cursor"))?;
    if moved {
        change.record(
            NewEvent::new(EventKind::ReadCursorMoved)
                .by(reader)
                .about(reader)
                .within(in_view.id())
                .of(in_view.patient()),
        );
    }
    change.commit().await?;
    Ok(MarkRead {
        seq: match reader.kind() {
            PersonKind::Patient => cursor.visible_seq,
            PersonKind::Staff => cursor.seq,
        },
        unread: unread_of(reader.kind(), latest.seq, latest.visible_seq, Some(&cursor)),
    })
}

/// Writes the cursor unless it is as far already; tells whether it moved. The time is that of the newest message that both
/// sides see: when staff read an internal note is nothing that a receipt may tell.
async fn raise(
    change: &Change,
    in_view: &ConversationInView,
    message: &message::Model,
) -> Result<bool, Fault> {
    let reader = in_view.reader();
    let done = change
        .tx()
        .execute_raw(sql(
            change.tx(),
            "insert into read_cursor (organization_id, conversation_id, person_kind, person_id, seq, visible_seq, own_total, own_seen, \
             reminded_seq, read_at) values ($1, $2, $3, $4, $5, $6, 0, 0, 0, $7) \
             on conflict (organization_id, conversation_id, person_kind, person_id) do update set seq = excluded.seq, \
             visible_seq = excluded.visible_seq, read_at = case when excluded.visible_seq > read_cursor.visible_seq \
             then excluded.read_at else read_cursor.read_at end, own_seen = coalesce((select m.author_ordinal from message m \
             where m.organization_id = excluded.organization_id and m.conversation_id = excluded.conversation_id \
             and m.author_id = excluded.person_id and m.seq <= excluded.seq order by m.seq desc limit 1), 0) \
             where read_cursor.seq < excluded.seq",
            [
                in_view.organization().into(),
                in_view.id().into(),
                reader.kind().into(),
                reader.uuid().into(),
                message.seq.into(),
                message.visible_seq.into(),
                change.now.into(),
            ],
        ))
        .await?;
    Ok(done.rows_affected() > 0)
}

/// The most people whose receipts are shown.
const MAX_RECEIPTS: i64 = 100;

/// How far those of one side have read several conversations, the furthest first, for those who were found to be allowed to
/// see it ([`ReceiptsInView`]). One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn receipts(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    side: PersonKind,
    ids: &[ConversationId],
) -> Result<HashMap<ConversationId, Vec<CursorView>>, Fault> {
    let mut select = Sql::new("select * from (");
    push_receipts(&mut select, organization, side);
    select
        .push(" and rc.conversation_id in ")
        .list(ids.iter().copied())
        .push(") ranked where number <= ")
        .bind(MAX_RECEIPTS)
        .push(" order by conversation_id, number");
    let mut receipts: HashMap<ConversationId, Vec<CursorView>> = HashMap::new();
    for row in connection.query_all_raw(select.on(connection)).await? {
        let conversation = row.try_get("", "conversation_id")?;
        receipts
            .entry(conversation)
            .or_default()
            .push(receipt(&row)?);
    }
    Ok(receipts)
}

/// How far one person of the other side has read, if anything that both sides see. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn receipt_of(
    connection: &impl ConnectionTrait,
    readable: &ReceiptsInView<'_>,
    person: PersonId,
) -> Result<Option<CursorView>, Fault> {
    if person.kind() != readable.side() {
        return Ok(None);
    }
    let in_view = readable.conversation();
    let mut select = Sql::default();
    push_receipts(&mut select, in_view.organization(), readable.side());
    select
        .push(" and rc.conversation_id = ")
        .bind(in_view.id())
        .push(" and rc.person_id = ")
        .bind(person.uuid());
    let row = connection.query_one_raw(select.on(connection)).await?;
    row.as_ref().map(receipt).transpose()
}

/// Cursors, each with the newest message up to it that both sides see: internal notes tell a patient nothing, not even by
/// their numbers.
fn push_receipts(select: &mut Sql, organization: OrganizationId, side: PersonKind) {
    // In the numbers of whoever looks.
    let number = match side {
        PersonKind::Staff => "visible_seq",
        PersonKind::Patient => "seq",
    };
    select
        .push(
            "select rc.conversation_id, rc.person_kind, rc.person_id, rc.read_at, row_number() over (partition by rc.conversation_id \
             order by rc.visible_seq desc, rc.person_id) as number, (select m.",
        )
        .push(number)
        .push(
            " from message m \
             where m.organization_id = rc.organization_id and m.conversation_id = rc.conversation_id and m.seq <= rc.seq and m.kind = ",
        )
        .bind(MessageKind::Message)
        .push(
            " order by m.seq desc limit 1) as seq from read_cursor rc where rc.organization_id = ",
        )
        .bind(organization)
        .push(" and rc.person_kind = ")
        .bind(side)
        .push(" and rc.visible_seq > 0");
}

fn receipt(row: &QueryResult) -> Result<CursorView, Fault> {
    let kind: PersonKind = row.try_get("", "person_kind")?;
    Ok(CursorView {
        person: PersonId::from_columns(kind, row.try_get("", "person_id")?),
        seq: row.try_get("", "seq")?,
        read_at: row.try_get("", "read_at")?,
    })
}
