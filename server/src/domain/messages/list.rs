//! Listing messages: keyset pages over the number within the conversation.

use std::{collections::HashMap, sync::Arc};

use entity::{
    ConversationId, MessageId, MessageKind, OrganizationId, PersonId, PersonKind, PersonName,
    message,
};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult as _, QueryResult};

use crate::domain::{
    budget::{Budget, Spent},
    fault::Fault,
    page::{Direction, Page, Slice},
    policy::{ConversationInView, Denied, read_conversation},
    store::{Sql, sql},
    viewer::Viewer,
};

/// Who wrote a message (CHAT-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The person.
    pub person: PersonId,
    /// Their name.
    pub name: PersonName,
    /// What a staff member is, such as "Nurse"; none for patients.
    pub profession: Option<String>,
}

/// A message with its author.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageView {
    /// The message.
    pub message: message::Model,
    /// Who wrote it.
    pub author: Author,
}

impl MessageView {
    /// Its number in the conversation for somebody of that side: patients see no notes, and count none (CHAT-5).
    #[must_use]
    pub const fn number_for(&self, side: PersonKind) -> i64 {
        match side {
            PersonKind::Patient => self.message.visible_seq,
            PersonKind::Staff => self.message.seq,
        }
    }
}

/// Why messages are not listed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    /// They are too long for one answer.
    #[error(transparent)]
    Spent(#[from] Spent),
    /// The database failed.
    #[error(transparent)]
    Fault(#[from] Arc<Fault>),
}

impl From<Fault> for ReadError {
    fn from(fault: Fault) -> Self {
        Self::Fault(Arc::new(fault))
    }
}

impl From<DbErr> for ReadError {
    fn from(error: DbErr) -> Self {
        Fault::from(error).into()
    }
}

pub(super) const SELECT: &str = "select m.*, coalesce(s.name, p.name) as author_name, s.profession as author_profession from message m \
     left join staff_member s on m.author_kind = 'STAFF' and s.organization_id = m.organization_id and s.id = m.author_id \
     left join patient p on m.author_kind = 'PATIENT' and p.organization_id = m.organization_id and p.id = m.author_id ";

/// A page of a conversation's messages in their order; notes only where the reader sees notes. Cursors are numbers
/// within the conversation. One statement.
///
/// # Errors
/// See [`ReadError`].
pub async fn page(
    connection: &impl ConnectionTrait,
    in_view: &ConversationInView,
    slice: &Slice<i64>,
    budget: &Budget,
) -> Result<Page<MessageView>, ReadError> {
    let mut select = Sql::new(SELECT);
    select
        .push("where m.organization_id = ")
        .bind(in_view.organization());
    select.push(" and m.conversation_id = ").bind(in_view.id());
    if !in_view.shows_notes() {
        select.push(" and m.kind = ").bind(MessageKind::Message);
    }
    if let Some(after) = slice.after {
        select.push(" and m.seq > ").bind(after);
    }
    if let Some(before) = slice.before {
        select.push(" and m.seq < ").bind(before);
    }
    select.push(match slice.direction {
        Direction::Forward => " order by m.seq limit ",
        Direction::Backward => " order by m.seq desc limit ",
    });
    select.bind(slice.fetch());
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let views = read(&rows, budget).collect::<Result<_, _>>()?;
    Ok(slice.page(views))
}

/// Messages by their ids, for those who were already found to be allowed to see them. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn by_ids(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    ids: &[MessageId],
) -> Result<Vec<MessageView>, Fault> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = Sql::new(SELECT);
    select
        .push("where m.organization_id = ")
        .bind(organization)
        .push(" and m.id in ")
        .list(ids.iter().copied());
    connection
        .query_all_raw(select.on(connection))
        .await?
        .iter()
        .map(view)
        .collect()
}

/// Opens a message: for whoever may read its conversation, and notes only for staff. Two statements.
///
/// # Errors
/// [`Denied::NotFound`] when it does not exist for this viewer, and the refusals of reading its conversation.
pub async fn open(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    id: MessageId,
) -> Result<MessageView, Denied> {
    let message = by_ids(connection, viewer.organization(), &[id])
        .await?
        .pop()
        .ok_or(Denied::NotFound)?;
    let in_view = read_conversation(connection, viewer, message.message.conversation_id).await?;
    if message.message.kind == MessageKind::Note && !in_view.shows_notes() {
        return Err(Denied::NotFound);
    }
    Ok(message)
}

/// A message that was just stored or found, with its author. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn with_author(
    connection: &impl ConnectionTrait,
    message: message::Model,
) -> Result<MessageView, Fault> {
    let select = match message.author_kind {
        PersonKind::Staff => {
            "select name, profession from staff_member where organization_id = $1 and id = $2"
        }
        PersonKind::Patient => {
            "select name, null as profession from patient where organization_id = $1 and id = $2"
        }
    };
    let row = connection
        .query_one_raw(sql(
            connection,
            select,
            [message.organization_id.into(), message.author_id.into()],
        ))
        .await?
        .ok_or(Fault::Corrupt("message author"))?;
    let person = PersonId::from_columns(message.author_kind, message.author_id);
    let author = Author {
        person,
        name: row.try_get("", "name")?,
        profession: row.try_get("", "profession")?,
    };
    Ok(MessageView { message, author })
}

/// The newest message of each of several conversations, as one side sees them: for staff it may be a note. One statement.
///
/// # Errors
/// See [`ReadError`].
pub async fn latest(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    conversations: &[ConversationId],
    side: PersonKind,
    budget: &Budget,
) -> Result<HashMap<ConversationId, MessageView>, ReadError> {
    if conversations.is_empty() {
        return Ok(HashMap::new());
    }
    let newest = match side {
        PersonKind::Staff => "c.seq",
        PersonKind::Patient => {
            "(select max(v.seq) from message v where v.organization_id = c.organization_id and v.conversation_id = c.id \
             and v.kind = 'MESSAGE')"
        }
    };
    let mut select = Sql::new(SELECT);
    select
        .push("join conversation c on c.organization_id = m.organization_id and c.id = m.conversation_id and m.seq = ")
        .push(newest)
        .push(" where m.organization_id = ");
    select
        .bind(organization)
        .push(" and c.id in ")
        .list(conversations.iter().copied());
    let rows = connection.query_all_raw(select.on(connection)).await?;
    read(&rows, budget)
        .map(|view| view.map(|view| (view.message.conversation_id, view)))
        .collect()
}

/// The messages of some rows, for as long as the budget lasts.
pub(super) fn read(
    rows: &[QueryResult],
    budget: &Budget,
) -> impl Iterator<Item = Result<MessageView, ReadError>> {
    rows.iter().map(|row| {
        let view = view(row)?;
        let html = view.message.html.as_ref();
        budget
            .read(view.message.body.reveal().len() + html.map_or(0, |html| html.reveal().len()))?;
        Ok(view)
    })
}

fn view(row: &QueryResult) -> Result<MessageView, Fault> {
    let message = message::Model::from_query_result(row, "")?;
    let person = PersonId::from_columns(message.author_kind, message.author_id);
    let profession = match message.author_kind {
        PersonKind::Staff => row.try_get("", "author_profession")?,
        PersonKind::Patient => None,
    };
    Ok(MessageView {
        author: Author {
            person,
            name: row.try_get("", "author_name")?,
            profession,
        },
        message,
    })
}
