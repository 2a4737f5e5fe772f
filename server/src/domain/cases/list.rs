//! Lists of cases: those that are open, and the archive (CASE-3).

use chrono::{DateTime, Utc};
use entity::{CasePriority, CaseStatus, ConversationId, PersonId, StaffId};
use sea_orm::ConnectionTrait;

use super::{CaseOrder, CasePlace, CaseView, cases, search::push_matches};
use crate::domain::{
    conversations::{Entries, InboxEntry, begin_count, entry, push_unread, select_entries},
    fault::Fault,
    page::{Page, Slice},
    people::staff,
    policy::{AsClinician, Denied},
    store::Sql,
};

/// Who works on cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseAssignee {
    /// This staff member.
    Staff(StaffId),
    /// Nobody.
    Nobody,
}

/// Which cases a list shows.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    /// Where they stand; none shows what is not complete.
    pub status: Option<CaseStatus>,
    /// Who works on them.
    pub assignee: Option<CaseAssignee>,
    /// How soon they are to be worked on.
    pub priority: Option<CasePriority>,
    /// Where each of these words begins a word of the patient's name or of what the case began with.
    pub search: Option<String>,
    /// Those that the staff member has hidden from their own lists, in place of the others.
    pub hidden: bool,
    /// Those whose first answer was due by this moment, and is none.
    pub overdue_at: Option<DateTime<Utc>>,
    /// Only those that hold messages which the staff member has not seen.
    pub new_messages: bool,
}

/// The most cases with new messages that are counted: of more, this many.
pub const MAX_COUNTED: i64 = 100;

/// A case of a list.
#[derive(Clone, Debug)]
pub struct CaseListEntry {
    /// Its conversation, with the patient and what is new in it.
    pub entry: InboxEntry,
    /// The case.
    pub case: CaseView,
}

/// A page of the cases that a clinician may open. Two statements, and one more
/// for a staff member who works on them.
///
/// # Errors
/// [`Denied::NotFound`] when that staff member does not exist.
pub async fn list(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
    clinician: &AsClinician,
    filter: &CaseFilter,
    order: CaseOrder,
    slice: &Slice<CasePlace>,
) -> Result<Page<CaseListEntry>, Denied> {
    if let Some(CaseAssignee::Staff(id)) = filter.assignee
        && staff::by_ids(connection, clinician.organization(), [id])
            .await?
            .is_empty()
    {
        return Err(Denied::NotFound);
    }
    let mut select = select_entries(clinician, Entries::Cases);
    push_filter(&mut select, clinician, filter);
    order.push_page(&mut select, slice);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let entries = rows
        .iter()
        .map(|row| entry(clinician, row))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(slice.page(with_cases(connection, now, clinician, entries).await?))
}

/// How many cases that are not complete, and that the clinician has not hidden, hold messages which they have not seen; at most
/// [`MAX_COUNTED`]. It reads what is open, and of that no more than it counts. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn count_new_messages(
    connection: &impl ConnectionTrait,
    clinician: &AsClinician,
) -> Result<i64, Fault> {
    let filter = CaseFilter {
        new_messages: true,
        ..CaseFilter::default()
    };
    let mut count = begin_count(clinician);
    push_filter(&mut count, clinician, &filter);
    count.push(" limit ").bind(MAX_COUNTED).push(") as found");
    let row = connection
        .query_one_raw(count.on(connection))
        .await?
        .ok_or(Fault::Corrupt("count"))?;
    Ok(row.try_get_by_index(0)?)
}

/// One case, if the clinician may open it. Two statements.
///
/// # Errors
/// Any failure of the database.
pub async fn list_entry(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
    clinician: &AsClinician,
    case: ConversationId,
) -> Result<Option<CaseListEntry>, Fault> {
    let mut select = select_entries(clinician, Entries::Cases);
    select.push(" and c.id = ").bind(case);
    let row = connection.query_one_raw(select.on(connection)).await?;
    let found = row.iter().map(|row| entry(clinician, row));
    let found = found.collect::<Result<Vec<_>, _>>()?;
    Ok(with_cases(connection, now, clinician, found).await?.pop())
}

async fn with_cases(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
    clinician: &AsClinician,
    entries: Vec<InboxEntry>,
) -> Result<Vec<CaseListEntry>, Fault> {
    let ids: Vec<_> = entries.iter().map(|entry| entry.in_view.id()).collect();
    let reader = (clinician.organization(), PersonId::Staff(clinician.staff()));
    let mut found = cases(connection, now, reader, &ids).await?;
    Ok(entries
        .into_iter()
        .filter_map(|entry| {
            let case = found.remove(&entry.in_view.id())?;
            Some(CaseListEntry { entry, case })
        })
        .collect())
}

fn push_filter(select: &mut Sql, clinician: &AsClinician, filter: &CaseFilter) {
    select
        .push(" and c.case_status in ")
        .list(match filter.status {
            Some(status) => vec![status],
            None => vec![CaseStatus::New, CaseStatus::InProgress],
        });
    match filter.assignee {
        Some(CaseAssignee::Staff(staff)) => {
            select.push(" and cr.assignee_id = ").bind(staff);
        }
        Some(CaseAssignee::Nobody) => {
            select.push(" and cr.assignee_id is null");
        }
        None => {}
    }
    if let Some(priority) = filter.priority {
        select.push(" and cr.priority = ").bind(priority);
    }
    if let Some(moment) = filter.overdue_at {
        // What was completed without an answer waits for none.
        select
            .push(" and cr.first_answered_at is null and c.case_status <> ")
            .bind(CaseStatus::Complete)
            .push(" and cr.first_answer_due_at <= ")
            .bind(moment);
    }
    if filter.new_messages {
        push_unread(select);
    }
    if let Some(search) = &filter.search {
        push_matches(select, search);
    }
    // Hiding is about what one works through: whoever searches, or looks into the archive, finds everything.
    let is_looked_for = filter.search.is_some() || filter.status == Some(CaseStatus::Complete);
    if is_looked_for && !filter.hidden {
        return;
    }
    select
        .push(if filter.hidden {
            " and exists "
        } else {
            " and not exists "
        })
        .push(
            "(select 1 from hidden_thread h where h.organization_id = c.organization_id and h.conversation_id = c.id and h.staff_id = ",
        )
        .bind(clinician.staff())
        .push(")");
}
