//! Closing a conversation and opening it again (SEC-6).

use entity::{ConversationId, ConversationStatus, EventKind, PersonId, conversation};
use sea_orm::{ConnectionTrait as _, FromQueryResult as _};

use super::{can_be_closed, participants::of_one};
use crate::domain::{
    answers::{ENDED, resumed},
    core::Core,
    event_log::{Change, NewEvent},
    fault::Fault,
    policy::{AsClinician, ConversationInView, Denied, read_conversation},
    store::sql,
    viewer::Viewer,
};

/// Why a conversation was not closed or opened.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// Conversations of this kind have no end, or end by something else, as cases do.
    #[error("conversations of this kind cannot be closed; a case ends by its status")]
    NeverCloses,
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl From<Fault> for StatusError {
    fn from(fault: Fault) -> Self {
        Self::Denied(fault.into())
    }
}

impl From<sea_orm::DbErr> for StatusError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Denied(error.into())
    }
}

fn update(status: ConversationStatus) -> String {
    let answers = match status {
        ConversationStatus::Open => resumed("$5"),
        ConversationStatus::Closed => ENDED.to_owned(),
    };
    format!(
        "update conversation set status = $3, status_changed_by = $4, status_changed_at = $5, {answers} \
         where organization_id = $1 and id = $2 and status <> $3 returning *"
    )
}

/// Closes a conversation or opens it again; nothing changes when it is so already. The conversation's row is locked until
/// the commit, like by a message that is stored in it: a reply that races with a close is stored before it or refused after
/// it. Two statements, and four more when the status changes.
///
/// # Errors
/// See [`StatusError`].
pub async fn set_status(
    core: &Core,
    clinician: &AsClinician,
    id: ConversationId,
    status: ConversationStatus,
) -> Result<ConversationInView, StatusError> {
    let mut change = Change::begin(core, clinician.organization()).await?;
    let viewer = Viewer::Staff(clinician.viewer().clone());
    let in_view = read_conversation(change.tx(), &viewer, id).await?;
    if !can_be_closed(in_view.conversation().kind) {
        return Err(StatusError::NeverCloses);
    }
    let row = change
        .tx()
        .query_one_raw(sql(
            change.tx(),
            &update(status),
            [
                in_view.organization().into(),
                id.into(),
                status.into(),
                clinician.staff().into(),
                change.now.into(),
            ],
        ))
        .await?;
    let Some(row) = row else { return Ok(in_view) };
    let in_view = in_view.renewed(conversation::Model::from_query_result(&row, "")?);
    let followers = of_one(change.tx(), clinician, &in_view).await?;
    change.record(NewEvent {
        audience: followers.audience(false),
        ..NewEvent::new(EventKind::ConversationChanged)
            .by(PersonId::Staff(clinician.staff()))
            .within(id)
            .of(in_view.patient())
    });
    change.commit().await?;
    Ok(in_view)
}
