//! What the server fails to let leave is tried again, not for ever: then it ends, and whoever counts on it is told.

use chrono::TimeDelta;
use entity::{OrganizationId, ScheduledMessageId, ScheduledRefusal, ScheduledStatus};
use sea_orm::ConnectionTrait as _;

use super::{
    files::{self, Stopper},
    told::{self, Stopped},
};
use crate::domain::{core::Core, fault::Fault, store::sql};

/// How often a message is tried whose failures do not pass by themselves.
const TRIES: i32 = 8;
/// How long a message rests after a failure, so that the others have their turn; twice as long after each one more. The last
/// try comes an hour after the first.
const REST: TimeDelta = TimeDelta::seconds(30);

/// A message that is due.
pub(super) struct Due {
    pub(super) organization: OrganizationId,
    pub(super) id: ScheduledMessageId,
    /// How often it has failed.
    pub(super) attempts: i32,
}

/// Lets a message rest that has failed, or ends it after the last try. What passes by itself, such as a database that is away,
/// is no try. At most ten statements.
pub(super) async fn after(core: &Core, due: &Due, fault: &Fault) -> Result<(), Fault> {
    if fault.is_passing() {
        return rest(core, due, 0).await;
    }
    // It rests first: what cannot be ended either does not come again at once.
    rest(core, due, 1).await?;
    if due.attempts + 1 >= TRIES {
        end(core, due).await?;
    }
    Ok(())
}

async fn rest(core: &Core, due: &Due, tries: i32) -> Result<(), Fault> {
    let writer = core.store.writer();
    let doubled = if tries > 0 {
        due.attempts.clamp(0, TRIES)
    } else {
        0
    };
    let until = core.clock.now() + REST * 2_i32.pow(doubled.unsigned_abs());
    writer
        .execute_raw(sql(
            writer,
            "update scheduled_message set rests_until = $3, attempts = attempts + $4 where organization_id = $1 and id = $2",
            [
                due.organization.into(),
                due.id.into(),
                until.into(),
                tries.into(),
            ],
        ))
        .await?;
    Ok(())
}

/// Ends it without reading its words, which may be what cannot be read.
async fn end(core: &Core, due: &Due) -> Result<(), Fault> {
    let (tx, now) = (core.store.begin().await?, core.clock.now());
    let row = tx
        .query_one_raw(sql(
            &tx,
            "update scheduled_message set status = $3, refusal = $4, settled_at = $5 where organization_id = $1 and id = $2 \
             and status = $6 returning conversation_id, patient_id",
            [
                due.organization.into(),
                due.id.into(),
                ScheduledStatus::Failed.into(),
                ScheduledRefusal::ServerFailed.into(),
                now.into(),
                ScheduledStatus::Waiting.into(),
            ],
        ))
        .await?;
    let Some(row) = row else { return Ok(()) };
    let stopped = Stopped {
        organization: due.organization,
        message: due.id,
        conversation: row.try_get("", "conversation_id")?,
        patient: row.try_get("", "patient_id")?,
    };
    files::give_back(&tx, (due.organization, due.id), Stopper::Server, now).await?;
    told::stopped(core, tx, stopped, now).await
}
