//! Cancelling what has not left.

use chrono::{DateTime, Utc};
use entity::{PersonId, RecipientStatus, ReminderId, ReminderStatus, reminder};
use sea_orm::{ConnectionTrait as _, FromQueryResult as _};

use super::{ReminderError, send::count, told};
use crate::domain::{
    core::Core,
    event_log::Change,
    policy::{AsClinician, Denied},
    store::{Sql, sql},
};

/// Cancels a reminder: what has left stays, the rest does not leave. Any clinician may, whoever of its patients they reach: what
/// must not leave is stopped by whoever notices, and the counts name nobody. Whom it had missed by
/// then, its sender is told of. Eight statements at most, and two for the log.
///
/// # Errors
/// [`ReminderError::NothingWaits`] when all has left or it was cancelled before; [`Denied::NotFound`].
pub async fn cancel(
    core: &Core,
    clinician: &AsClinician,
    id: ReminderId,
) -> Result<reminder::Model, ReminderError> {
    let mut change = Change::begin(core, clinician.organization()).await?;
    let tx = change.tx();
    // The row's lock comes first: a worker that lets messages leave has it while it does.
    let row = tx
        .query_one_raw(sql(
            tx,
            "update reminder set status = status where organization_id = $1 and id = $2 returning *",
            [clinician.organization().into(), id.into()],
        ))
        .await?
        .ok_or(Denied::NotFound)?;
    let mut reminder = reminder::Model::from_query_result(&row, "")?;
    match reminder.status {
        ReminderStatus::Queued | ReminderStatus::Running => {}
        ReminderStatus::Done | ReminderStatus::Cancelled => {
            return Err(ReminderError::NothingWaits);
        }
    }
    let mut update = Sql::new("update reminder_recipient set status = ");
    update
        .bind(RecipientStatus::Cancelled)
        .push(", settled_at = ")
        .bind(change.now)
        .push(" where organization_id = ")
        .bind(clinician.organization())
        .push(" and reminder_id = ")
        .bind(id)
        .push(" and status = ")
        .bind(RecipientStatus::Waiting);
    let cancelled = tx.execute_raw(update.on(tx)).await?.rows_affected();
    reminder.cancelled = count(usize::try_from(cancelled).unwrap_or(usize::MAX))?;
    reminder.status = ReminderStatus::Cancelled;
    reminder.due_at = None;
    tx.execute_raw(sql(
        tx,
        "update reminder set status = $3, cancelled = $4, due_at = $5 where organization_id = $1 and id = $2",
        [
            clinician.organization().into(),
            id.into(),
            reminder.status.into(),
            reminder.cancelled.into(),
            None::<DateTime<Utc>>.into(),
        ],
    ))
    .await?;
    let event = told::progress(core, tx, &reminder, change.now).await?;
    change.record(event.by(PersonId::Staff(clinician.staff())));
    change.commit().await?;
    Ok(reminder)
}
