//! Cases whose first answer is overdue (CASE-6): staff are told once, whichever node finds it out.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use entity::{CaseStatus, ConversationId, NotificationPurpose, OrganizationId, PatientId, StaffId};
use sea_orm::ConnectionTrait;

use super::{notify::notify, tell};
use crate::domain::{
    answers::contacts,
    conversations::{Follower, Followers, followers},
    core::Core,
    event_log::Change,
    fault::Fault,
    organizations,
    settings::Settings,
    store::{Sql, sql},
};

/// The most cases that are told of in one sweep.
const LIMIT: i64 = 100;

/// A case that was found to be overdue.
struct Overdue {
    case: ConversationId,
    patient: PatientId,
    assignee: Option<StaffId>,
}

/// Tells staff of cases whose first answer is overdue, at most a hundred at once; gives their number. One statement, and for
/// each organization among them a transaction of at most eight.
///
/// # Errors
/// Any failure of the database.
pub async fn tell_overdue(core: &Core) -> Result<usize, Fault> {
    let reader = core.store.reader();
    let rows = reader
        .query_all_raw(sql(
            reader,
            "select cr.organization_id, cr.conversation_id from contact_request cr join conversation c \
             on c.organization_id = cr.organization_id and c.id = cr.conversation_id where cr.first_answer_due_at <= $1 \
             and cr.first_answered_at is null and cr.overdue_told_at is null and c.case_status <> $3 \
             order by cr.first_answer_due_at limit $2",
            [
                core.clock.now().into(),
                LIMIT.into(),
                CaseStatus::Complete.into(),
            ],
        ))
        .await?;
    let mut found: BTreeMap<OrganizationId, BTreeSet<ConversationId>> = BTreeMap::new();
    for row in rows {
        let cases = found.entry(row.try_get_by_index(0)?).or_default();
        cases.insert(row.try_get_by_index(1)?);
    }
    let (mut told, mut failed) = (0, None);
    for (organization, cases) in found {
        match tell_of(core, organization, &cases).await {
            Ok(count) => told += count,
            // The cases of one organization do not keep those of the others waiting.
            Err(fault) => {
                tracing::error!(
                    organization.id = %organization.0,
                    error.class = fault.class(),
                    "staff could not be told of overdue cases"
                );
                failed = Some(fault);
            }
        }
    }
    failed.map_or(Ok(told), Err)
}

async fn tell_of(
    core: &Core,
    organization: OrganizationId,
    cases: &BTreeSet<ConversationId>,
) -> Result<usize, Fault> {
    let mut change = Change::begin(core, organization).await?;
    let clinic = organizations::of(change.tx(), organization).await?;
    let settings = Settings::from_stored(clinic.settings)?;
    let claimed = claim(&change, cases).await?;
    let ids: BTreeSet<_> = claimed.iter().map(|overdue| overdue.case).collect();
    let waiting: Vec<_> = ids.iter().copied().collect();
    let waiting = waiting_among(change.tx(), organization, &waiting).await?;
    let mut follow = followers(change.tx(), organization, &settings, &ids).await?;
    let mut told = Vec::new();
    for overdue in &claimed {
        // What was completed without an answer waits for none.
        if waiting.contains(&overdue.case) {
            let followers = follow.remove(&overdue.case).unwrap_or_default();
            let mut whom = whom(overdue, &followers);
            if whom.is_empty() {
                // Nobody follows a case that nobody has looked at yet: whoever looks after such things is told.
                let patients = BTreeSet::from([overdue.patient]);
                let called = contacts(change.tx(), organization, &settings, &patients).await?;
                whom.extend(called.into_values().flatten());
            }
            let case = (overdue.case, overdue.patient);
            tell::record(&mut change, &followers, case, None, |follower| {
                whom.contains(&follower.staff)
            });
            told.extend(whom.into_iter().map(|staff| (case, staff)));
        }
    }
    notify(core, &change, NotificationPurpose::CaseOverdue, &told).await?;
    change.commit().await?;
    Ok(claimed.len())
}

/// Marks the cases as told of, those that another node has not taken meanwhile. One statement.
async fn claim(change: &Change, cases: &BTreeSet<ConversationId>) -> Result<Vec<Overdue>, Fault> {
    let mut update = Sql::new("update contact_request set overdue_told_at = ");
    let now = update.placeholder(change.now);
    update
        .push(&now)
        .push(" where organization_id = ")
        .bind(change.organization())
        .push(" and conversation_id in ")
        .list(cases.iter().copied())
        .push(" and first_answer_due_at <= ")
        .push(&now)
        .push(
            " and first_answered_at is null and overdue_told_at is null and not exists (select 1 from conversation c \
             where c.organization_id = contact_request.organization_id and c.id = contact_request.conversation_id and c.case_status = ",
        )
        .bind(CaseStatus::Complete)
        .push(") returning conversation_id, patient_id, assignee_id");
    let rows = change.tx().query_all_raw(update.on(change.tx())).await?;
    rows.iter()
        .map(|row| {
            Ok(Overdue {
                case: row.try_get_by_index(0)?,
                patient: row.try_get_by_index(1)?,
                assignee: row.try_get_by_index(2)?,
            })
        })
        .collect()
}

/// Who works on the case, if they still can; otherwise all who are alerted of what the patient writes.
fn whom(overdue: &Overdue, followers: &Followers) -> BTreeSet<StaffId> {
    let theirs =
        |follower: &&Follower| follower.is_told() && Some(follower.staff) == overdue.assignee;
    let assigned = followers.0.iter().filter(theirs);
    let assigned: BTreeSet<_> = assigned.map(|follower| follower.staff).collect();
    if !assigned.is_empty() {
        return assigned;
    }
    let alerted = followers.0.iter().filter(|follower| follower.alerted);
    alerted.map(|follower| follower.staff).collect()
}

/// Which of several cases still wait for their first answer: nobody has answered, and they are not complete. At most one
/// statement.
pub(in crate::domain) async fn waiting_among(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    cases: &[ConversationId],
) -> Result<HashSet<ConversationId>, Fault> {
    if cases.is_empty() {
        return Ok(HashSet::new());
    }
    let mut select = Sql::new(
        "select c.id from conversation c join contact_request cr on cr.organization_id = c.organization_id and cr.conversation_id = c.id \
         where c.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and c.id in ")
        .list(cases.iter().copied())
        .push(" and cr.first_answered_at is null and c.case_status <> ")
        .bind(CaseStatus::Complete);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    rows.iter()
        .map(|row| Ok(row.try_get_by_index(0)?))
        .collect()
}
