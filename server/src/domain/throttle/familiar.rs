//! Sources from which an account was signed in to lately. Each is a hash, so that the table tells neither who nor where.

use chrono::TimeDelta;
use sea_orm::ConnectionTrait;

use super::Knock;
use crate::domain::{core::Core, fault::Fault, secret::KeyPurpose, store::sql};

/// How long a source is remembered after the last time: as long as people stay away and still expect to be known.
const REMEMBERED: TimeDelta = TimeDelta::days(90);

/// The most sources that one sweep removes.
const SWEEP_BATCH: i64 = 5_000;

fn key(core: &Core, knock: &Knock<'_>) -> Vec<u8> {
    // Whichever door: whoever was let in may also have something sent.
    let text = format!(
        "familiar\0{}\0{}\0{}",
        knock.organization, knock.contact, knock.source
    );
    core.secret
        .mac(KeyPurpose::Throttle, text.as_bytes())
        .to_vec()
}

/// Whether the source is familiar. One statement.
pub(super) async fn is(
    core: &Core,
    connection: &impl ConnectionTrait,
    knock: &Knock<'_>,
) -> Result<bool, Fault> {
    let found = connection
        .query_one_raw(sql(
            connection,
            "select 1 from familiar_source where key = $1 and expires_at > $2",
            [key(core, knock).into(), core.clock.now().into()],
        ))
        .await?;
    Ok(found.is_some())
}

/// Remembers the source from now on. One statement.
pub(super) async fn remember(core: &Core, knock: &Knock<'_>) -> Result<(), Fault> {
    let connection = core.store.writer();
    connection
        .execute_raw(sql(
            connection,
            "insert into familiar_source (key, expires_at) values ($1, $2) \
             on conflict (key) do update set expires_at = excluded.expires_at",
            [
                key(core, knock).into(),
                (core.clock.now() + REMEMBERED).into(),
            ],
        ))
        .await?;
    Ok(())
}

/// Forgets sources that were not seen for long. One statement.
pub(super) async fn sweep(core: &Core) -> Result<u64, Fault> {
    let connection = core.store.writer();
    let removed = connection
        .execute_raw(sql(
            connection,
            "delete from familiar_source where key in \
             (select key from familiar_source where expires_at <= $1 order by expires_at limit $2) and expires_at <= $1",
            [core.clock.now().into(), SWEEP_BATCH.into()],
        ))
        .await?;
    Ok(removed.rows_affected())
}
