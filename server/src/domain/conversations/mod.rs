//! Conversations: the inbox, how far each person has read, and exact unread counts.

mod announcements;
mod begin;
mod entries;
mod followers;
mod inbox;
mod opening;
mod participants;
mod read_cursor;
mod rule_changes;
mod rules;
mod status;
mod unread;

use entity::{ConversationId, ConversationKind, OrganizationId, PatientId, conversation};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _,
};

pub(crate) use announcements::announcements;
pub use begin::{BeginError, Begun, MAX_RECIPIENTS, NewSecureMessage, begin_secure_message};
pub(in crate::domain) use begin::{StoreError, may_begin, store};
pub(in crate::domain) use entries::{Entries, begin_count, entry, push_unread, select_entries};
pub(crate) use followers::followers;
pub use followers::{Follower, Followers};
pub(in crate::domain) use inbox::push_page;
pub use inbox::{
    ConversationCursor, InboxCounts, InboxEntry, InboxFilter, InboxView, inbox, inbox_counts,
    inbox_entry,
};
pub use opening::Opening;
pub(in crate::domain) use participants::take_part;
pub use participants::{ParticipantsError, add_participants, participants, remove_participant};
pub use read_cursor::{CursorView, MarkRead, mark_read, receipt_of, receipts};
pub use rule_changes::{KindRules, RuleChanges};
pub use rules::{
    Alerted, Compose, OnClosed, Receipts, Rules, Starts, Texts, can_be_closed, misfit,
};
pub use status::{StatusError, set_status};
pub use unread::{Unread, unread_after, unread_of, urgent_unread, with_cursors};

use super::{core::Core, event_log::Change, fault::Fault};

/// Begins the one care-team chat of a patient (CHAT-1), with the patient.
pub(crate) async fn begin_care_team_chat(
    core: &Core,
    change: &Change,
    patient: PatientId,
) -> Result<ConversationId, Fault> {
    let id = ConversationId(core.entropy.uuid(change.now));
    let conversation =
        conversation::Model::care_team_chat(change.organization(), id, patient, change.now);
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
