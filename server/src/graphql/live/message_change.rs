//! What changes of a message that is there already: its files are inspected, its texts come further.

use std::sync::Arc;

use async_graphql::SimpleObject;

use super::{
    super::{error::ApiResult, id::LogPosition, message::Message},
    conversation::ConversationEvent,
    watch::Watch,
};
use crate::{
    domain::{policy::ConversationInView, viewer::Viewer},
    realtime::Occurrence,
};

/// The inspection of a file of a message has ended: what the message's `attachments` say of it has changed.
#[derive(SimpleObject)]
pub struct AttachmentInspected {
    /// The position of the event.
    position: LogPosition,
    /// The message, with its files as they are now.
    message: Message,
}

/// A text of a message has come a step further on its way: what the message's `texts` say has changed. For staff.
#[derive(SimpleObject)]
pub struct TextMoved {
    /// The position of the event.
    position: LogPosition,
    /// The message, with its texts as they are now.
    message: Message,
}

/// The message whose file was inspected, unless it is not for the viewer.
pub(super) async fn inspected(
    watch: &Watch,
    in_view: &ConversationInView,
    occurrence: &Arc<Occurrence>,
) -> ApiResult<Option<ConversationEvent>> {
    let content = watch.content(occurrence).await?;
    let view = content.message();
    let shown = view.filter(|view| in_view.shows(&view.message));
    Ok(shown.map(|view| {
        ConversationEvent::Inspected(Box::new(AttachmentInspected {
            position: watch.position(occurrence),
            message: Message(Arc::clone(view)),
        }))
    }))
}

/// The message whose text has moved, for staff.
pub(super) async fn moved(
    watch: &Watch,
    in_view: &ConversationInView,
    occurrence: &Arc<Occurrence>,
) -> ApiResult<Option<ConversationEvent>> {
    match &*watch.viewer {
        Viewer::Patient(_) => return Ok(None),
        Viewer::Staff(_) => {}
    }
    let content = watch.content(occurrence).await?;
    let view = content.message();
    let shown = view.filter(|view| in_view.shows(&view.message));
    Ok(shown.map(|view| {
        ConversationEvent::Text(Box::new(TextMoved {
            position: watch.position(occurrence),
            message: Message(Arc::clone(view)),
        }))
    }))
}
