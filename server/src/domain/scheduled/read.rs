//! Finding scheduled messages.

use entity::{ScheduledMessageId, ScheduledStatus, scheduled_message};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use crate::domain::{
    fault::Fault,
    page::{Direction, Page, Slice},
    policy::{self, AsClinician, ConversationInView, Denied},
    viewer::Viewer,
};

/// A scheduled message of a conversation that the viewer may read. Two statements.
///
/// # Errors
/// [`Denied::NotFound`].
pub async fn open(
    connection: &impl ConnectionTrait,
    clinician: &AsClinician,
    id: ScheduledMessageId,
) -> Result<scheduled_message::Model, Denied> {
    let found = scheduled_message::Entity::find_by_id((clinician.organization(), id))
        .one(connection)
        .await?
        .ok_or(Denied::NotFound)?;
    let viewer = Viewer::Staff(clinician.viewer().clone());
    policy::read_conversation(connection, &viewer, found.conversation_id).await?;
    Ok(found)
}

/// A page of the scheduled messages of a conversation, in the order in which they were scheduled. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn page(
    connection: &impl ConnectionTrait,
    conversation: &ConversationInView,
    status: Option<ScheduledStatus>,
    slice: &Slice<Uuid>,
) -> Result<Page<scheduled_message::Model>, Fault> {
    use scheduled_message::Column;
    let mut select = scheduled_message::Entity::find()
        .filter(Column::OrganizationId.eq(conversation.organization()))
        .filter(Column::ConversationId.eq(conversation.id()));
    if let Some(status) = status {
        select = select.filter(Column::Status.eq(status));
    }
    if let Some(after) = slice.after {
        select = select.filter(Column::Id.gt(after));
    }
    if let Some(before) = slice.before {
        select = select.filter(Column::Id.lt(before));
    }
    select = match slice.direction {
        Direction::Forward => select.order_by_asc(Column::Id),
        Direction::Backward => select.order_by_desc(Column::Id),
    };
    let rows = select
        .limit(slice.fetch().unsigned_abs())
        .all(connection)
        .await?;
    Ok(slice.page(rows))
}
