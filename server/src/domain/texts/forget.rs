//! Numbers of whoever texted, which nobody asks for any more.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait as _;

use crate::domain::{core::Core, fault::Fault, store::sql};

/// The most rows of each kind that one transaction changes.
const LIMIT: i64 = 1_000;

/// Forgets the numbers of texts that have had their effect, and when numbers were answered by a machine, before a moment; gives
/// how many of them. What the gateway calls a text stays, so that an old webhook that is played again brings nothing. Two
/// statements.
///
/// # Errors
/// Any failure of the database.
pub async fn forget_numbers(core: &Core, before: DateTime<Utc>) -> Result<u64, Fault> {
    let writer = core.store.writer();
    let mut forgotten = 0;
    for statement in [
        "update inbound_text set their_number = '' where (organization_id, id) in (select organization_id, id from inbound_text \
         where applied_at is not null and applied_at < $1 and their_number <> '' order by applied_at limit $2)",
        "delete from automatic_answer where (organization_id, number) in (select organization_id, number from automatic_answer \
         where answered_at < $1 order by answered_at limit $2)",
    ] {
        let values = [before.into(), LIMIT.into()];
        let done = writer.execute_raw(sql(writer, statement, values)).await?;
        forgotten += done.rows_affected();
    }
    Ok(forgotten)
}
