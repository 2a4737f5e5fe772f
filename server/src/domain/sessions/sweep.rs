//! Removing what signing in leaves behind.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ConnectionTrait as _;

use super::open::REFRESH_TOKEN_LIFETIME;
use crate::domain::{core::Core, fault::Fault, store::sql};

/// How long ended sessions and old codes are kept, so that what happened can be looked up.
const KEPT: TimeDelta = TimeDelta::days(7);

/// The most rows of one table that one sweep removes.
const BATCH: i64 = 1_000;

/// Removes sessions that ended and codes that ran out a while ago, and refresh tokens that would have run out by now: a
/// bounded number at a time. Tells how many rows were removed. Three statements.
///
/// # Errors
/// Any failure of the database.
pub async fn sweep(core: &Core) -> Result<u64, Fault> {
    let now = core.clock.now();
    let removed = [
        delete(
            core,
            "delete from one_time_code where (organization_id, id) in \
             (select organization_id, id from one_time_code where expires_at < $1 limit $2)",
            now - KEPT,
        )
        .await?,
        delete(
            core,
            "delete from refresh_token where (organization_id, token_hash) in \
             (select organization_id, token_hash from refresh_token where created_at < $1 limit $2)",
            now - REFRESH_TOKEN_LIFETIME,
        )
        .await?,
        delete(
            core,
            "delete from session where (organization_id, id) in \
             (select organization_id, id from session where expires_at < $1 limit $2)",
            now - KEPT,
        )
        .await?,
    ];
    Ok(removed.iter().sum())
}

async fn delete(core: &Core, text: &str, before: DateTime<Utc>) -> Result<u64, Fault> {
    let connection = core.store.writer();
    let values = [before.into(), BATCH.into()];
    Ok(connection
        .execute_raw(sql(connection, text, values))
        .await?
        .rows_affected())
}
