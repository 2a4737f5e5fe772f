//! A reminder that fails rests, so that the others have their turn. What fails for one patient is put off for that one; what
//! fails as a whole is tried again as a whole, not for ever.

use chrono::TimeDelta;
use entity::{OrganizationId, RecipientStatus, ReminderId, SkipReason};
use sea_orm::ConnectionTrait as _;

use super::{
    batch::{Batch, put_off},
    leave::take,
    send::count,
    settle::move_on,
    told,
};
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    store::{Sql, sql},
};

/// How often a reminder is tried that fails as a whole.
const TRIES: i32 = 8;
/// How long it rests after a failure; twice as long after each one more that was of the whole. The last try comes an hour after
/// the first.
const REST: TimeDelta = TimeDelta::seconds(30);

/// A reminder that is due.
pub(super) struct Due {
    pub(super) organization: OrganizationId,
    pub(super) id: ReminderId,
    /// How often it has failed as a whole since a message left, or was decided not to.
    pub(super) attempts: i32,
}

/// A transaction that failed, and whom it was about: nobody yet when it is the reminder as a whole that fails.
pub(super) struct Failed {
    pub(super) batch: Batch,
    pub(super) fault: Fault,
}

/// Lets a reminder rest that has failed, and puts off whom it was about, or ends it after the last try of the whole. What
/// passes by itself, such as a database that is away, is no try. At most ten statements, and five more when it ends.
pub(super) async fn after(core: &Core, due: &Due, failed: &Failed) -> Result<(), Fault> {
    let of_the_whole = failed.batch.patients.is_empty() && !failed.fault.is_passing();
    // It rests first: what cannot be put off or ended either does not come again at once.
    rest(core, due, of_the_whole).await?;
    if failed.fault.is_passing() {
        return Ok(());
    }
    if !of_the_whole {
        return put_off(core, (due.organization, due.id), &failed.batch).await;
    }
    if due.attempts + 1 >= TRIES {
        end(core, due).await?;
    }
    Ok(())
}

async fn rest(core: &Core, due: &Due, of_the_whole: bool) -> Result<(), Fault> {
    let doubled = if of_the_whole {
        due.attempts.clamp(0, TRIES)
    } else {
        0
    };
    let writer = core.store.writer();
    let next = core.clock.now() + REST * 2_i32.pow(doubled.unsigned_abs());
    // Two nodes that fail at the same moment have tried it once; and what another has moved on does not rest.
    writer
        .execute_raw(sql(
            writer,
            "update reminder set due_at = $3, attempts = $4 where organization_id = $1 and id = $2 and due_at is not null \
             and attempts = $5",
            [
                due.organization.into(),
                due.id.into(),
                next.into(),
                (due.attempts + i32::from(of_the_whole)).into(),
                due.attempts.into(),
            ],
        ))
        .await?;
    Ok(())
}

/// Ends it for all who wait still, unless another node has moved it on meanwhile.
async fn end(core: &Core, due: &Due) -> Result<(), Fault> {
    let mut change = Change::begin(core, due.organization).await?;
    let (tx, now) = (change.tx(), change.now);
    // It rests since it failed.
    let rested = now + TimeDelta::days(1);
    let Some(mut reminder) = take(tx, due.organization, due.id, rested).await? else {
        return Ok(());
    };
    if reminder.attempts < TRIES {
        return Ok(());
    }
    let mut update = Sql::new("update reminder_recipient set status = ");
    update
        .bind(RecipientStatus::Failed)
        .push(", reason = ")
        .bind(SkipReason::ServerFailed)
        .push(", settled_at = ")
        .bind(now)
        .push(" where organization_id = ")
        .bind(due.organization)
        .push(" and reminder_id = ")
        .bind(due.id)
        .push(" and status = ")
        .bind(RecipientStatus::Waiting);
    let failed = tx.execute_raw(update.on(tx)).await?.rows_affected();
    reminder.skipped += count(usize::try_from(failed).unwrap_or(usize::MAX))?;
    move_on(tx, &mut reminder, now, &[]).await?;
    let event = told::progress(core, tx, &reminder, now).await?;
    change.record(event);
    change.commit().await?;
    Ok(())
}
