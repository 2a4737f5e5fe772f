//! The inbox of a staff member: conversations with what is new in them for this person.

use chrono::{DateTime, Utc};
use entity::{ConversationId, StaffId, conversation, patient};
use sea_orm::{ConnectionTrait, FromQueryResult as _, QueryResult};

use super::Unread;
use crate::domain::{
    fault::Fault,
    page::{Direction, Page, Slice},
    people::search::push_name_matches,
    policy::{AsClinician, ConversationInView, conversation_of_inbox, push_in_reach},
    store::Sql,
};

/// Which conversations an inbox shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InboxFilter {
    /// Of the patients on whose panel the staff member stands (PEO-5).
    Mine,
    /// Of these, those that hold messages which the staff member has not seen.
    Unread,
    /// Of all patients whom the staff member may open.
    All,
}

/// Where an entry stands in the inbox: by its newest message, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InboxCursor {
    /// When the newest message was stored.
    pub activity_at: DateTime<Utc>,
    /// Tells entries of the same moment apart.
    pub conversation: ConversationId,
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
    pub fn cursor(&self) -> InboxCursor {
        InboxCursor {
            activity_at: self.in_view.conversation().activity_at,
            conversation: self.in_view.id(),
        }
    }
}

/// What is new for a staff member in the conversations of their panels (LIVE-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct InboxCounts {
    /// Conversations that hold messages which the staff member has not seen.
    pub conversations: i64,
    /// How many messages these are.
    pub messages: i64,
}

const UNREAD: &str = "(c.seq - coalesce(rc.seq, 0) - coalesce(rc.own_total - rc.own_seen, 0))";
const FROM: &str = " from conversation c join patient p on p.organization_id = c.organization_id and p.id = c.patient_id ";

/// A page of the inbox, newest first, narrowed to patients whose name matches `search`. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn inbox(
    connection: &impl ConnectionTrait,
    clinician: &AsClinician,
    filter: InboxFilter,
    search: Option<&str>,
    slice: &Slice<InboxCursor>,
) -> Result<Page<InboxEntry>, Fault> {
    let mut select = select_entries(clinician, filter != InboxFilter::All);
    if filter == InboxFilter::Unread {
        select.push(" and ").push(UNREAD).push(" > 0");
    }
    if let Some(search) = search {
        push_name_matches(&mut select, search);
    }
    if let Some(after) = slice.after {
        push_bound(&mut select, "<", after);
    }
    if let Some(before) = slice.before {
        push_bound(&mut select, ">", before);
    }
    select.push(match slice.direction {
        Direction::Forward => " order by c.activity_at desc, c.id desc limit ",
        Direction::Backward => " order by c.activity_at, c.id limit ",
    });
    select.bind(slice.fetch());
    let rows = connection.query_all_raw(select.on(connection)).await?;
    Ok(slice.page(
        rows.iter()
            .map(|row| entry(clinician, row))
            .collect::<Result<_, _>>()?,
    ))
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
    let mut select = select_entries(clinician, false);
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
    push_scope(&mut select, clinician, true);
    select.push(" and ").push(UNREAD).push(" > 0");
    let row = connection
        .query_one_raw(select.on(connection))
        .await?
        .ok_or(Fault::Corrupt("count"))?;
    Ok(InboxCounts {
        conversations: row.try_get("", "conversations")?,
        messages: row.try_get("", "messages")?,
    })
}

fn select_entries(clinician: &AsClinician, mine: bool) -> Sql {
    let mut select = Sql::new("select c.*");
    for column in [
        "organization_id",
        "id",
        "name",
        "date_of_birth",
        "phone",
        "email",
        "email_key",
        "language",
        "time_zone",
        "portal_allowed",
        "enrolled_at",
        "notify_channel",
        "created_at",
    ] {
        select.push(", p.").push(column).push(" as p_").push(column);
    }
    select.push(", ").push(UNREAD).push(" as unread").push(FROM);
    push_scope(&mut select, clinician, mine);
    select
}

/// Joins the staff member's cursors and keeps to the conversations that exist for them.
fn push_scope(select: &mut Sql, clinician: &AsClinician, mine: bool) {
    let staff: StaffId = clinician.staff();
    if mine {
        select.push("join panel_member pm on pm.organization_id = c.organization_id and pm.patient_id = c.patient_id and pm.staff_id = ");
        select.bind(staff);
    }
    select.push(
        " left join read_cursor rc on rc.organization_id = c.organization_id and rc.conversation_id = c.id and rc.person_kind = 'STAFF' \
         and rc.person_id = ",
    );
    select
        .bind(staff)
        .push(" where c.organization_id = ")
        .bind(clinician.organization());
    push_in_reach(select, clinician.viewer());
}

fn push_bound(select: &mut Sql, comparison: &str, cursor: InboxCursor) {
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

fn entry(clinician: &AsClinician, row: &QueryResult) -> Result<InboxEntry, Fault> {
    Ok(InboxEntry {
        in_view: conversation_of_inbox(clinician, conversation::Model::from_query_result(row, "")?),
        patient: patient::Model::from_query_result(row, "p_")?,
        unread: Unread(row.try_get("", "unread")?),
    })
}
