//! The inbox of a staff member: conversations with what is new in them for this person.

use chrono::{DateTime, Utc};
use entity::{ConversationId, ConversationStatus, conversation, patient};
use sea_orm::ConnectionTrait;

use super::{
    Entries, Unread,
    entries::{FROM, UNREAD, entry, push_scope, push_unread, select_entries},
    unread::URGENT_UNREAD,
};
use crate::domain::{
    fault::Fault,
    page::{Direction, Page, Slice},
    people::search::push_name_matches,
    policy::{AsClinician, ConversationInView},
    store::Sql,
};

/// Which conversations an inbox shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InboxFilter {
    /// Of the patients on whose panel the staff member stands (PEO-5), where the kind of conversation is the team's business;
    /// and those in which they take part; without those that they have hidden (CASE-5).
    Mine,
    /// Of these, those that hold messages which the staff member has not seen.
    Unread,
    /// Of all patients whom the staff member may open.
    All,
}

/// What of an inbox is shown.
#[derive(Clone, Debug)]
pub struct InboxView {
    /// Which conversations.
    pub filter: InboxFilter,
    /// Only patients of whose name each of these words begins a word.
    pub search: Option<String>,
    /// Only in this state.
    pub status: Option<ConversationStatus>,
    /// Only those in which the patient waits for an answer.
    pub waiting: bool,
    /// Only those in which an answer could be expected by this moment, and there is none.
    pub overdue_at: Option<DateTime<Utc>>,
    /// Only those that hold urgent messages which the staff member has not seen.
    pub urgent_unread: bool,
}

/// Where a conversation stands in a list: by its newest message, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationCursor {
    /// When the newest message was stored.
    pub activity_at: DateTime<Utc>,
    /// Tells entries of the same moment apart.
    pub conversation: ConversationId,
}

impl ConversationCursor {
    /// Where a conversation stands.
    #[must_use]
    pub fn of(conversation: &conversation::Model) -> Self {
        Self {
            activity_at: conversation.activity_at,
            conversation: conversation.id,
        }
    }
}

/// A conversation with its patient and what is new in it.
#[derive(Clone, Debug)]
pub struct InboxEntry {
    /// The conversation.
    pub in_view: ConversationInView,
    /// Whose it is.
    pub patient: patient::Model,
    /// What the staff member has not seen.
    pub unread: Unread,
}

impl InboxEntry {
    /// Where it stands.
    #[must_use]
    pub fn cursor(&self) -> ConversationCursor {
        ConversationCursor::of(self.in_view.conversation())
    }
}

/// What is new for a staff member in their own conversations (LIVE-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct InboxCounts {
    /// Conversations that hold messages which the staff member has not seen.
    pub conversations: i64,
    /// How many messages these are.
    pub messages: i64,
}

/// A page of the inbox, newest first, narrowed to what is shown of it. Announcements are
/// not in it: nobody answers them. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn inbox(
    connection: &impl ConnectionTrait,
    clinician: &AsClinician,
    shown: &InboxView,
    slice: &Slice<ConversationCursor>,
) -> Result<Page<InboxEntry>, Fault> {
    let mut select = select_entries(
        clinician,
        match shown.filter {
            InboxFilter::Mine | InboxFilter::Unread => Entries::Mine,
            InboxFilter::All => Entries::All,
        },
    );
    if shown.filter == InboxFilter::Unread {
        push_unread(&mut select);
    }
    if let Some(search) = &shown.search {
        push_name_matches(&mut select, search);
    }
    if let Some(status) = shown.status {
        select.push(" and c.status = ").bind(status);
    }
    if shown.waiting {
        select.push(" and c.unanswered_since is not null");
    }
    if let Some(moment) = shown.overdue_at {
        select.push(" and c.answer_due_at <= ").bind(moment);
    }
    if shown.urgent_unread {
        select.push(" and ").push(URGENT_UNREAD);
    }
    push_page(&mut select, slice);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    Ok(slice.page(
        rows.iter()
            .map(|row| entry(clinician, row))
            .collect::<Result<_, _>>()?,
    ))
}

/// Adds the bounds, order and size of a page of conversations `c`, the newest first.
pub(in crate::domain) fn push_page(select: &mut Sql, slice: &Slice<ConversationCursor>) {
    if let Some(after) = slice.after {
        push_bound(select, "<", after);
    }
    if let Some(before) = slice.before {
        push_bound(select, ">", before);
    }
    select.push(match slice.direction {
        Direction::Forward => " order by c.activity_at desc, c.id desc limit ",
        Direction::Backward => " order by c.activity_at, c.id limit ",
    });
    select.bind(slice.fetch());
}

/// One entry of the inbox, if the staff member may open it. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn inbox_entry(
    connection: &impl ConnectionTrait,
    clinician: &AsClinician,
    conversation: ConversationId,
) -> Result<Option<InboxEntry>, Fault> {
    let mut select = select_entries(clinician, Entries::All);
    select.push(" and c.id = ").bind(conversation);
    connection
        .query_one_raw(select.on(connection))
        .await?
        .as_ref()
        .map(|row| entry(clinician, row))
        .transpose()
}

/// What is new for the staff member. It costs one row for each patient on whose panel they stand, and nothing for the
/// messages. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn inbox_counts(
    connection: &impl ConnectionTrait,
    clinician: &AsClinician,
) -> Result<InboxCounts, Fault> {
    let mut select = Sql::new("select count(*) as conversations, cast(coalesce(sum(");
    select
        .push(UNREAD)
        .push("), 0) as bigint) as messages")
        .push(FROM);
    push_scope(&mut select, clinician, Entries::Mine);
    push_unread(&mut select);
    let row = connection
        .query_one_raw(select.on(connection))
        .await?
        .ok_or(Fault::Corrupt("count"))?;
    Ok(InboxCounts {
        conversations: row.try_get("", "conversations")?,
        messages: row.try_get("", "messages")?,
    })
}

fn push_bound(select: &mut Sql, comparison: &str, cursor: ConversationCursor) {
    select
        .push(" and (c.activity_at, c.id) ")
        .push(comparison)
        .push(" (");
    select
        .bind(cursor.activity_at)
        .push(", ")
        .bind(cursor.conversation)
        .push(")");
}
