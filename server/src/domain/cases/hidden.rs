//! "Close thread": hiding a case from one's own lists, until the patient writes again (CASE-5). Nothing of the case changes by
//! it.

use std::collections::BTreeSet;

use entity::{ConversationId, EventKind, OrganizationId, PersonId, PersonKind, StaffId};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend};

use super::CaseError;
use crate::domain::{
    core::Core,
    event_log::{Change, NewEvent, Position},
    fault::Fault,
    policy::{AsClinician, ConversationInView, read_conversation},
    store::{Sql, sql},
    viewer::Viewer,
};

/// Hides a case from the clinician's own lists, as far as they have seen the log: not when the patient has written since. One
/// that is hidden stays so. Four statements, and two more when it changes anything.
///
/// # Errors
/// See [`CaseError`].
pub async fn hide(
    core: &Core,
    clinician: &AsClinician,
    id: ConversationId,
    seen: Position,
) -> Result<(), CaseError> {
    let statement = "insert into hidden_thread (organization_id, conversation_id, staff_id, hidden_at) values ($1, $2, $3, $4) \
                     on conflict (organization_id, conversation_id, staff_id) do nothing";
    let mut change = Change::begin(core, clinician.organization()).await?;
    // A text that is being stored brings the case back: it comes before this, and is seen, or after it, and finds it hidden.
    lock(change.tx(), clinician.organization(), id).await?;
    let in_view = case_in_view(&change, clinician, id).await?;
    if last_of_patient(change.tx(), &in_view).await? > Some(seen) {
        return Err(CaseError::Written);
    }
    let now = change.now;
    let values = [
        clinician.organization().into(),
        id.into(),
        clinician.staff().into(),
        now.into(),
    ];
    let tx = change.tx();
    let done = tx.execute_raw(sql(tx, statement, values)).await?;
    if done.rows_affected() > 0 {
        record(&mut change, clinician.staff(), &in_view);
    }
    change.commit().await?;
    Ok(())
}

/// Takes a case back into the clinician's own lists. Two statements, and two more when it changes anything.
///
/// # Errors
/// See [`CaseError`].
pub async fn take_back(
    core: &Core,
    clinician: &AsClinician,
    id: ConversationId,
) -> Result<(), CaseError> {
    let mut change = Change::begin(core, clinician.organization()).await?;
    let in_view = case_in_view(&change, clinician, id).await?;
    let (organization, staff) = (clinician.organization(), clinician.staff());
    if unhide(change.tx(), organization, id, staff).await? {
        record(&mut change, clinician.staff(), &in_view);
    }
    change.commit().await?;
    Ok(())
}

/// Takes a case back into somebody's lists, within the transaction that gives a reason to; tells whether it was hidden. One
/// statement.
pub(super) async fn unhide(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    id: ConversationId,
    staff: StaffId,
) -> Result<bool, Fault> {
    let statement = "delete from hidden_thread where organization_id = $1 and conversation_id = $2 and staff_id = $3";
    let values = [organization.into(), id.into(), staff.into()];
    let done = tx.execute_raw(sql(tx, statement, values)).await?;
    Ok(done.rows_affected() > 0)
}

/// One statement on PostgreSQL; SQLite has one writer.
async fn lock(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    id: ConversationId,
) -> Result<(), Fault> {
    if tx.get_database_backend() == DbBackend::Postgres {
        let lock =
            "select 1 from conversation where organization_id = $1 and id = $2 for no key update";
        tx.query_all_raw(sql(tx, lock, [organization.into(), id.into()]))
            .await?;
    }
    Ok(())
}

/// Where what the patient wrote last stands in the log. One statement.
async fn last_of_patient(
    tx: &DatabaseTransaction,
    in_view: &ConversationInView,
) -> Result<Option<Position>, Fault> {
    let row = tx
        .query_one_raw(sql(
            tx,
            "select position from message where organization_id = $1 and conversation_id = $2 and author_kind = $3 \
             order by seq desc limit 1",
            [
                in_view.organization().into(),
                in_view.id().into(),
                PersonKind::Patient.into(),
            ],
        ))
        .await?;
    row.map(|row| Ok(Position(row.try_get_by_index(0)?)))
        .transpose()
}

async fn case_in_view(
    change: &Change,
    clinician: &AsClinician,
    id: ConversationId,
) -> Result<ConversationInView, CaseError> {
    let viewer = Viewer::Staff(clinician.viewer().clone());
    let in_view = read_conversation(change.tx(), &viewer, id).await?;
    match in_view.conversation().case_status {
        Some(_) => Ok(in_view),
        None => Err(CaseError::NotACase),
    }
}

/// It concerns nobody else: other devices of the same person learn of it.
fn record(change: &mut Change, staff: StaffId, in_view: &ConversationInView) {
    let person = PersonId::Staff(staff);
    change.record(
        NewEvent::new(EventKind::ThreadHidden)
            .by(person)
            .about(person)
            .within(in_view.id())
            .of(in_view.patient()),
    );
}

/// Brings cases back into the lists of all who have hidden them, within the transaction in which their patients write. One
/// statement.
pub(in crate::domain) async fn bring_back(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    cases: &BTreeSet<ConversationId>,
) -> Result<(), Fault> {
    let mut delete = Sql::new("delete from hidden_thread where organization_id = ");
    delete
        .bind(organization)
        .push(" and conversation_id in ")
        .list(cases.iter().copied());
    tx.execute_raw(delete.on(tx)).await?;
    Ok(())
}
