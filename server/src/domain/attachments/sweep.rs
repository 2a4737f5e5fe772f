//! Removing files that nothing has made use of, and the bytes of files that may not stay.
//!
//! The row is marked first, then the bytes go, then the row: a crash in between leaves a marked row, and the next sweep
//! goes on from there.

use chrono::{DateTime, Utc};
use entity::{AttachmentDisposal, attachment};
use sea_orm::{ConnectionTrait as _, DbBackend, FromQueryResult as _};
use uuid::Uuid;

use super::{LEASE, Place};
use crate::domain::{
    core::Core,
    fault::Fault,
    store::{Sql, sql},
};

/// The most files of one round.
const BATCH: i64 = 100;
/// So many files in a row that cannot be removed are the store's fault, and end the sweep.
const FAILURES: u32 = 3;

/// Marks what has run out and removes what is marked; gives the number of files whose bytes are gone. Two statements a
/// round, and one for each file.
///
/// # Errors
/// Any failure of the database. What cannot be removed is left to a later sweep, and all of the rest when the store fails.
pub async fn sweep(core: &Core) -> Result<u64, Fault> {
    mark(core).await?;
    let worker = core.entropy.uuid(core.clock.now());
    let (mut removed, mut failures) = (0, 0);
    loop {
        let marked = claim(core, worker).await?;
        if marked.is_empty() {
            return Ok(removed);
        }
        for attachment in marked {
            if let Err(fault) = core.files.remove(Place::of(&attachment)).await {
                tracing::warn!(
                    attachment.id = %attachment.id.0,
                    error.class = %fault,
                    "the bytes of a file could not be removed"
                );
                failures += 1;
                if failures == FAILURES {
                    return Ok(removed);
                }
                continue;
            }
            forget(core, &attachment, worker).await?;
            (removed, failures) = (removed + 1, 0);
        }
    }
}

/// Whatever makes use of a file takes its expiry away, in the same transaction.
async fn mark(core: &Core) -> Result<(), Fault> {
    let connection = core.store.writer();
    connection
        .execute_raw(sql(
            connection,
            "update attachment set disposal = $1 where expires_at <= $2 and (leased_until is null or leased_until <= $2) \
             and (disposal is null or disposal = 'BYTES')",
            [
                AttachmentDisposal::Whole.into(),
                core.clock.now().into(),
            ],
        ))
        .await?;
    Ok(())
}

/// An upload that is given up while its bytes still arrive is removed after its lease, when none can arrive any more.
async fn claim(core: &Core, worker: Uuid) -> Result<Vec<attachment::Model>, Fault> {
    let now: DateTime<Utc> = core.clock.now();
    let connection = core.store.writer();
    let mut update = Sql::new(
        "with marked as materialized (select organization_id, id from attachment where disposal is not null and (leased_until is null or leased_until <= ",
    );
    update
        .bind(now)
        .push(") order by organization_id, id limit ")
        .bind(BATCH);
    if connection.get_database_backend() == DbBackend::Postgres {
        update.push(" for update skip locked");
    }
    update
        .push(") update attachment set leased_by = ")
        .bind(worker)
        .push(", leased_until = ")
        .bind(now + LEASE)
        .push(
            " where (organization_id, id) in (select organization_id, id from marked) returning *",
        );
    connection
        .query_all_raw(update.on(connection))
        .await?
        .iter()
        .map(|row| Ok(attachment::Model::from_query_result(row, "")?))
        .collect()
}

async fn forget(core: &Core, attachment: &attachment::Model, worker: Uuid) -> Result<(), Fault> {
    let connection = core.store.writer();
    // What was marked for less may have been marked for more meanwhile, and is then removed in the next round.
    let statement = match attachment.disposal {
        Some(AttachmentDisposal::Whole) => {
            "delete from attachment where organization_id = $1 and id = $2 and leased_by = $3 and disposal = 'WHOLE'"
        }
        Some(AttachmentDisposal::Bytes) | None => {
            "update attachment set disposal = case disposal when 'BYTES' then null else disposal end, thumbnail_length = null, \
             thumbnail_width = null, thumbnail_height = null, leased_by = null, leased_until = null \
             where organization_id = $1 and id = $2 and leased_by = $3"
        }
    };
    connection
        .execute_raw(sql(
            connection,
            statement,
            [
                attachment.organization_id.into(),
                attachment.id.into(),
                worker.into(),
            ],
        ))
        .await?;
    Ok(())
}
