//! What has changed about a conversation itself, for a view that has it open.

use async_graphql::SimpleObject;

use super::{
    super::{conversation::Conversation, error::ApiResult, id::LogPosition},
    conversation::ConversationEvent,
    watch::Watch,
};
use crate::{domain::policy::ConversationInView, realtime::Occurrence};

/// The conversation was closed or opened again, the case was changed, somebody has said that what the patient wrote needs no
/// answer, or somebody was added to its participants or removed from them.
#[derive(SimpleObject)]
pub struct ConversationChanged {
    /// The position of the event.
    position: LogPosition,
    /// The conversation as it is now.
    conversation: Conversation,
}

/// The conversation with the viewer's eyes of now. One statement.
pub(super) async fn as_it_is_now(
    watch: &Watch,
    in_view: &ConversationInView,
    occurrence: &Occurrence,
) -> ApiResult<Option<ConversationEvent>> {
    let in_view = watch.open_conversation(in_view.id()).await?;
    let changed = ConversationChanged {
        position: watch.position(occurrence),
        conversation: Conversation::alone(in_view, occurrence.event.position),
    };
    Ok(Some(ConversationEvent::Changed(Box::new(changed))))
}
