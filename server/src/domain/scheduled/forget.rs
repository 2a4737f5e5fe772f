//! Words that are not needed any more: a message that has left stands in its conversation.

use chrono::TimeDelta;
use sea_orm::ConnectionTrait as _;

use crate::domain::{core::Core, fault::Fault, store::sql};

/// How long the words of a message stay after it has left, or after it was decided that it does not: its author may want them
/// for another one.
pub const WORDS_KEPT: TimeDelta = TimeDelta::days(30);
/// The most messages of one transaction.
const AT_ONCE: i64 = 500;

/// Removes the words of messages that were settled long ago, on which nothing depends any more; gives the number of messages,
/// none when nothing is left. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn forget_words(core: &Core) -> Result<u64, Fault> {
    let writer = core.store.writer();
    let forgotten = writer
        .execute_raw(sql(
            writer,
            "update scheduled_message set title = null, body = null, html = null where (organization_id, id) in \
             (select organization_id, id from scheduled_message where settled_at is not null and settled_at < $1 \
             and (body is not null or title is not null) order by settled_at limit $2)",
            [(core.clock.now() - WORDS_KEPT).into(), AT_ONCE.into()],
        ))
        .await?;
    Ok(forgotten.rows_affected())
}
