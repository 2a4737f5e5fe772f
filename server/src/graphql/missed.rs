//! What an author has missed when a colleague has answered meanwhile (NEW-2).

use std::sync::Arc;

use entity::{MessageId, OrganizationId};

use super::{
    error::{ApiResult, UserError, UserErrorCode},
    id::LogPosition,
    message::Message,
};
use crate::domain::{core::Core, event_log::Position, messages};

/// Why a message is held back that a colleague's answer has overtaken.
pub fn answered_meanwhile() -> UserError {
    UserError::at(
        "seenPosition",
        UserErrorCode::AnsweredMeanwhile,
        "A colleague has answered meanwhile.",
    )
}

/// What an author has missed, the oldest first, with the position that confirms having seen it.
///
/// # Errors
/// Any failure of the database.
pub async fn shown_missed(
    core: &Core,
    organization: OrganizationId,
    missed: &[MessageId],
) -> ApiResult<(Vec<Message>, Option<LogPosition>)> {
    let mut views = messages::by_ids(core.store.reader(), organization, missed).await?;
    views.sort_by_key(|view| view.message.position);
    let newest = views.last().map(|view| Position(view.message.position));
    let views = views.into_iter().map(|view| Message(Arc::new(view)));
    let position = newest.map(|position| LogPosition::new(position, organization));
    Ok((views.collect(), position))
}
