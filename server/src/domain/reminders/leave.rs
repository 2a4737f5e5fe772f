//! Letting messages leave: in small transactions, each of which moves the reminder's counters too.
//!
//! A transaction holds the reminder's row. Another node passes by it, a cancellation waits, and when the process is killed
//! the lock goes with its connection: there is no lease that would have to run out. What was decided when the reminder was
//! sent is decided again here, and what leaves is the text that is approved now.

use chrono::{DateTime, Utc};
use entity::{OrganizationId, ReminderId, reminder};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, FromQueryResult as _};

use super::{
    batch::Batch,
    letters::{fill, gather, prepare},
    retry::{self, Due, Failed},
    settle::{move_on, store_outcomes},
    told,
};
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    messages::Bundle,
    policy::decide_reminders,
    store::{Sql, sql},
};

/// How many reminders are looked at, in case other nodes are at work on the first.
const LOOKED_AT: i64 = 8;

/// Lets the next messages leave that are due, of one reminder; tells how many patients it was about, none when nothing was
/// due or other nodes have it. One statement when nothing is due; at most 23 for up to a hundred messages, and five more when
/// it ends.
///
/// # Errors
/// Any failure of the database; nothing has left then. The patients whom it was about are tried again one by one, so that
/// one who cannot be read keeps nobody else from theirs. What fails before it is about any patient, such as a template that
/// cannot be read, is tried again as a whole.
pub async fn leave(core: &Core) -> Result<usize, Fault> {
    for due in due(core).await? {
        match leave_of(core, &due).await {
            Ok(0) => {}
            Ok(count) => return Ok(count),
            Err(failed) => {
                retry::after(core, &due, &failed).await?;
                return Err(failed.fault);
            }
        }
    }
    Ok(0)
}

/// The reminders that are due, the one that waits longest first.
async fn due(core: &Core) -> Result<Vec<Due>, Fault> {
    let reader = core.store.reader();
    let rows = reader
        .query_all_raw(sql(
            reader,
            "select organization_id, id, attempts from reminder where due_at <= $1 order by due_at limit $2",
            [core.clock.now().into(), LOOKED_AT.into()],
        ))
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Due {
                organization: row.try_get("", "organization_id")?,
                id: row.try_get("", "id")?,
                attempts: row.try_get("", "attempts")?,
            })
        })
        .collect()
}

async fn leave_of(core: &Core, due: &Due) -> Result<usize, Failed> {
    let mut batch = Batch::default();
    let left = leave_batch(core, (due.organization, due.id), &mut batch).await;
    left.map_err(|fault| Failed { batch, fault })
}

async fn leave_batch(
    core: &Core,
    (organization, id): (OrganizationId, ReminderId),
    batch: &mut Batch,
) -> Result<usize, Fault> {
    let mut change = Change::begin(core, organization).await?;
    let (tx, now) = (change.tx(), change.now);
    let Some(mut reminder) = take(tx, organization, id, now).await? else {
        return Ok(0);
    };
    // The template and the clinic's settings come first: when they cannot be read, no patient is to blame.
    let prepared = prepare(tx, &reminder).await?;
    *batch = Batch::due(tx, &reminder, now).await?;
    let waiting = &batch.patients;
    let (settings, mut decisions) =
        decide_reminders(tx, organization, reminder.created_by, waiting).await?;
    let fills = fill(
        tx,
        (&reminder, &prepared),
        &settings,
        waiting,
        &mut decisions,
        now,
    )
    .await?;
    let mut bundle = Bundle::default();
    let settled = gather(core, tx, &reminder, now, fills, &mut bundle).await?;
    store_outcomes(tx, &reminder, now, &settled).await?;
    move_on(tx, &mut reminder, now, &settled).await?;
    bundle.store(core, tx, organization, now, &settings).await?;
    let event = told::progress(core, tx, &reminder, now).await?;
    change.record(event);
    change.commit().await?;
    Ok(settled.len().max(1))
}

/// Takes the reminder's lock, unless another node has it or it is not due any more.
pub(super) async fn take(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    id: ReminderId,
    now: DateTime<Utc>,
) -> Result<Option<reminder::Model>, Fault> {
    let mut select = Sql::new("select r.* from reminder r where r.organization_id = ");
    select
        .bind(organization)
        .push(" and r.id = ")
        .bind(id)
        .push(" and r.due_at <= ")
        .bind(now);
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for update skip locked");
    }
    let row = tx.query_one_raw(select.on(tx)).await?;
    Ok(row
        .map(|row| reminder::Model::from_query_result(&row, ""))
        .transpose()?)
}
