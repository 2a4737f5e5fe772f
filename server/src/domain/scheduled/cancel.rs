//! Cancelling a message before it leaves.

use entity::{ScheduledMessageId, ScheduledStatus, scheduled_message};
use sea_orm::{ConnectionTrait as _, FromQueryResult as _};

use super::{ScheduleError, open};
use crate::domain::{core::Core, policy::AsClinician, store::sql};

/// Cancels a message that waits, whoever of those who may read the conversation scheduled it. Three statements.
///
/// # Errors
/// [`ScheduleError::WaitsNoMore`]; not found for who may not read the conversation.
pub async fn cancel(
    core: &Core,
    clinician: &AsClinician,
    id: ScheduledMessageId,
) -> Result<scheduled_message::Model, ScheduleError> {
    open(core.store.reader(), clinician, id).await?;
    let writer = core.store.writer();
    let row = writer
        .query_one_raw(sql(
            writer,
            "update scheduled_message set status = $3, settled_at = $4 where organization_id = $1 and id = $2 and status = $5 \
             returning *",
            [
                clinician.organization().into(),
                id.into(),
                ScheduledStatus::Cancelled.into(),
                core.clock.now().into(),
                ScheduledStatus::Waiting.into(),
            ],
        ))
        .await?
        .ok_or(ScheduleError::WaitsNoMore)?;
    Ok(scheduled_message::Model::from_query_result(&row, "")?)
}
