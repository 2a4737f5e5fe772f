//! Conversations: the inbox, how far each person has read, and exact unread counts.

mod inbox;
mod read_cursor;
mod unread;

use entity::{ConversationId, ConversationKind, OrganizationId, PatientId, conversation};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _,
};

pub use inbox::{
    InboxCounts, InboxCursor, InboxEntry, InboxFilter, inbox, inbox_counts, inbox_entry,
};
pub use read_cursor::{CursorView, MarkRead, cursors, mark_read};
pub use unread::{Unread, unread_after, unread_of, with_cursors};

use super::{core::Core, event_log::Change, fault::Fault};

/// Begins the one care-team chat of a patient (CHAT-1), with the patient.
pub(crate) async fn begin_care_team_chat(
    core: &Core,
    change: &Change,
    patient: PatientId,
) -> Result<ConversationId, Fault> {
    let conversation = conversation::Model {
        organization_id: change.organization(),
        id: ConversationId(core.entropy.uuid(change.now)),
        kind: ConversationKind::CareTeamChat,
        patient_id: patient,
        seq: 0,
        visible_seq: 0,
        activity_at: change.now,
        created_at: change.now,
    };
    let id = conversation.id;
    conversation.into_active_model().insert(change.tx()).await?;
    Ok(id)
}

/// The care-team chats of several patients. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn care_team_chats(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    patients: impl IntoIterator<Item = PatientId>,
) -> Result<Vec<conversation::Model>, Fault> {
    Ok(conversation::Entity::find()
        .filter(conversation::Column::OrganizationId.eq(organization))
        .filter(conversation::Column::Kind.eq(ConversationKind::CareTeamChat))
        .filter(conversation::Column::PatientId.is_in(patients))
        .all(connection)
        .await?)
}
