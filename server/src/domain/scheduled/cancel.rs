//! Cancelling a message before it leaves.

use entity::{ScheduledMessageId, ScheduledStatus, scheduled_message};
use sea_orm::{ConnectionTrait as _, FromQueryResult as _};

use super::{
    ScheduleError,
    files::{self, Stopper},
    open, told,
};
use crate::domain::{core::Core, policy::AsClinician, store::sql};

/// Cancels a message that waits or is held back, whoever of those who may see it scheduled it. Its files are given back to its
/// author. Six statements.
///
/// # Errors
/// [`ScheduleError::WaitsNoMore`]; not found for who may not see it.
pub async fn cancel(
    core: &Core,
    clinician: &AsClinician,
    id: ScheduledMessageId,
) -> Result<scheduled_message::Model, ScheduleError> {
    open(core.store.reader(), clinician, id).await?;
    let (tx, now) = (core.store.begin().await?, core.clock.now());
    let row = tx
        .query_one_raw(sql(
            &tx,
            "update scheduled_message set status = $3, settled_at = $4 where organization_id = $1 and id = $2 \
             and status in ('WAITING', 'HELD') returning *",
            [
                clinician.organization().into(),
                id.into(),
                ScheduledStatus::Cancelled.into(),
                now.into(),
            ],
        ))
        .await?
        .ok_or(ScheduleError::WaitsNoMore)?;
    let cancelled = scheduled_message::Model::from_query_result(&row, "")?;
    files::give_back(&tx, (cancelled.organization_id, id), Stopper::Person, now).await?;
    told::commit(core, tx, &cancelled, now).await?;
    Ok(cancelled)
}
