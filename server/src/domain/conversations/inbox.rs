//! The inbox of a staff member: conversations with what is new in them for this person.

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, ConversationKind, ConversationStatus, StaffId, conversation, patient,
};
use sea_orm::{ConnectionTrait, FromQueryResult as _, Iterable as _, QueryResult};

use super::{Alerted, Unread};
use crate::domain::{
    fault::Fault,
    page::{Direction, Page, Slice},
    people::search::push_name_matches,
    policy::{AsClinician, ConversationInView, conversation_of_inbox, push_conversation_in_reach},
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

const UNREAD: &str = "(c.seq - coalesce(rc.seq, 0) - coalesce(rc.own_total - rc.own_seen, 0))";
const FROM: &str = " from conversation c join patient p on p.organization_id = c.organization_id and p.id = c.patient_id ";

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
    let mut select = select_entries(clinician, shown.filter != InboxFilter::All);
    if shown.filter == InboxFilter::Unread {
        push_unread(&mut select);
    }
    if let Some(search) = &shown.search {
        push_name_matches(&mut select, search);
    }
    if let Some(status) = shown.status {
        select.push(" and c.status = ").bind(status);
    }
    push_page(&mut select, slice);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    Ok(slice.page(
        rows.iter()
            .map(|row| entry(clinician, row))
            .collect::<Result<_, _>>()?,
    ))
}

/// Keeps a selection of [`select_entries`] to what holds messages which the staff member has not seen.
pub(in crate::domain) fn push_unread(select: &mut Sql) {
    select.push(" and ").push(UNREAD).push(" > 0");
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

/// Selects entries of a clinician's inbox: their own, or all in reach. What narrows them down is added as ` and …`.
pub(in crate::domain) fn select_entries(clinician: &AsClinician, mine: bool) -> Sql {
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

/// Begins to count the conversations that exist for a clinician: what narrows them down is added as ` and …`, then the most that are
/// counted, and `) as found`.
pub(in crate::domain) fn begin_count(clinician: &AsClinician) -> Sql {
    let mut select = Sql::new("select count(*) from (select c.id");
    select.push(FROM);
    push_scope(&mut select, clinician, false);
    select
}

/// Joins the staff member's cursors and keeps to the conversations that exist for them.
fn push_scope(select: &mut Sql, clinician: &AsClinician, mine: bool) {
    let staff: StaffId = clinician.staff();
    if mine {
        push_mine(select, clinician);
    }
    select.push(
        " left join read_cursor rc on rc.organization_id = c.organization_id and rc.conversation_id = c.id and rc.person_kind = 'STAFF' \
         and rc.person_id = ",
    );
    select
        .bind(staff)
        .push(" where c.organization_id = ")
        .bind(clinician.organization())
        .push(" and c.kind <> ")
        .bind(ConversationKind::Announcement);
    if mine {
        // What they have hidden from their own lists (CASE-5) is no news either.
        select
            .push(
                " and not exists (select 1 from hidden_thread h where h.organization_id = c.organization_id and h.conversation_id = c.id \
                 and h.staff_id = ",
            )
            .bind(staff)
            .push(")");
    }
    push_conversation_in_reach(select, clinician.viewer());
}

/// Joins the staff member's own conversations: the index on their panels and the one on their participations find them, so
/// that the cost does not grow with the organization.
fn push_mine(select: &mut Sql, clinician: &AsClinician) {
    let (organization, staff) = (clinician.organization(), clinician.staff());
    select.push("join (select conversation_id as id from participant where organization_id = ");
    select
        .bind(organization)
        .push(" and staff_id = ")
        .bind(staff);
    let settings = clinician.viewer().settings();
    let of_the_team: Vec<_> = ConversationKind::iter()
        .filter(|kind| settings.rules(*kind).alerted == Alerted::Team)
        .collect();
    if !of_the_team.is_empty() {
        select.push(
            " union select mc.id from panel_member pm join conversation mc on mc.organization_id = pm.organization_id \
             and mc.patient_id = pm.patient_id where pm.organization_id = ",
        );
        select
            .bind(organization)
            .push(" and pm.staff_id = ")
            .bind(staff)
            .push(" and mc.kind in ")
            .list(of_the_team);
    }
    select.push(") mine on mine.id = c.id ");
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

/// The entry of a row of [`select_entries`].
pub(in crate::domain) fn entry(
    clinician: &AsClinician,
    row: &QueryResult,
) -> Result<InboxEntry, Fault> {
    Ok(InboxEntry {
        in_view: conversation_of_inbox(clinician, conversation::Model::from_query_result(row, "")?),
        patient: patient::Model::from_query_result(row, "p_")?,
        unread: Unread(row.try_get("", "unread")?),
    })
}
