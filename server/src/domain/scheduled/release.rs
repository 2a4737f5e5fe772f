//! Confirming a message that was held back because somebody had written since its author looked (NEW-2).

use entity::{ScheduledMessageId, ScheduledStatus, scheduled_message};
use sea_orm::{ConnectionTrait as _, FromQueryResult as _};

use super::{ScheduleError, guard, open, told};
use crate::domain::{core::Core, event_log::Position, policy::AsClinician, store::sql};

/// Lets a message that is held back leave, as its author's, for somebody who has seen the log up to a position. If yet another
/// message has come after that, it is held back again. Six statements.
///
/// # Errors
/// [`ScheduleError::NotHeld`]; not found for who may not read the conversation.
pub async fn release(
    core: &Core,
    clinician: &AsClinician,
    id: ScheduledMessageId,
    seen: Position,
) -> Result<scheduled_message::Model, ScheduleError> {
    let held = open(core.store.reader(), clinician, id).await?;
    let conversation = held.conversation_id.ok_or(ScheduleError::NotHeld)?;
    let tx = core.store.begin().await?;
    let seen = guard::seen_seq(&tx, clinician.organization(), conversation, seen).await?;
    let row = tx
        .query_one_raw(sql(
            &tx,
            "update scheduled_message set status = $3, seen_seq = $4, rests_until = null where organization_id = $1 and id = $2 \
             and status = $5 returning *",
            [
                clinician.organization().into(),
                id.into(),
                ScheduledStatus::Waiting.into(),
                seen.into(),
                ScheduledStatus::Held.into(),
            ],
        ))
        .await?
        .ok_or(ScheduleError::NotHeld)?;
    let released = scheduled_message::Model::from_query_result(&row, "")?;
    told::commit(core, tx, &released, core.clock.now()).await?;
    Ok(released)
}
