//! Cases as the API shows them.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, Object};
use chrono::{DateTime, Utc};
use entity::MessageBody;

use super::{
    case_history::CaseChange,
    case_loaders::{CaseHistoryKey, CaseKey},
    context::ContextExt as _,
    conversation::Conversation,
    error::ApiResult,
    loaders::load,
    participant::known_staff,
    staff_member::StaffMember,
    texting::TextingObstacle,
};
use crate::domain::{
    cases::CaseView,
    event_log::Position,
    policy::{self, ConversationInView},
};

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::CaseStatus")]
pub enum CaseStatus {
    /// Nobody works on it yet. What the patient writes is kept; staff write once it is in progress.
    New,
    /// Somebody works on it: the clinic and the patient can write to each other.
    InProgress,
    /// It is done and stands in the archive. What the patient writes is kept for staff, and answered by a machine that says how
    /// else to reach the clinic.
    Complete,
}

/// How a case came to the clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::CaseSource")]
pub enum CaseSource {
    /// The patient wrote it in the portal.
    Portal,
    /// Another system brought what the patient wrote there.
    Integration,
    /// A staff member wrote down what was said on the telephone.
    Telephone,
    /// A staff member opened it.
    Staff,
}

/// How soon a case is to be worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::CasePriority")]
pub enum CasePriority {
    /// When there is time.
    Low,
    /// In its turn.
    Normal,
    /// Before others.
    High,
    /// At once.
    Urgent,
}

/// A contact request of a patient, which staff work on and archive, with a chat while they do.
#[derive(Clone, Description)]
pub struct Case {
    in_view: ConversationInView,
    view: Arc<CaseView>,
    conversation: Conversation,
}

impl Case {
    /// A case that the viewer may open, with its conversation as it was loaded.
    pub fn new(
        in_view: ConversationInView,
        view: Arc<CaseView>,
        conversation: Conversation,
    ) -> Self {
        Self {
            in_view,
            view,
            conversation,
        }
    }
}

/// The case of a conversation that the viewer may open; none where it is no case.
///
/// # Errors
/// Any failure of the database.
pub async fn case_of(
    ctx: &Context<'_>,
    in_view: &ConversationInView,
    position: Position,
) -> ApiResult<Option<Case>> {
    if in_view.conversation().case_status.is_none() {
        return Ok(None);
    }
    let view = load(ctx, CaseKey::of(in_view)).await?;
    Ok(view.map(|view| {
        let conversation = Conversation::alone(in_view.clone(), position);
        Case::new(in_view.clone(), view, conversation)
    }))
}

#[Object(use_type_description)]
impl Case {
    /// The id, which is its conversation's.
    async fn id(&self) -> ID {
        ID(self.in_view.id().to_public())
    }

    /// The chat, with the patient. What the case began with is its first message, or its first note where staff wrote it down.
    async fn conversation(&self) -> Conversation {
        self.conversation.clone()
    }

    /// Where it stands.
    async fn status(&self) -> CaseStatus {
        self.view.status.into()
    }

    /// How it came.
    async fn source(&self) -> CaseSource {
        self.view.row.source.into()
    }

    /// What it began with; null for the patient where staff wrote it down for themselves.
    async fn reason(&self, ctx: &Context<'_>) -> ApiResult<Option<&str>> {
        if self.view.reason_is_note && !self.in_view.shows_notes() {
            return Ok(None);
        }
        let reason = MessageBody::reveal(&self.view.reason);
        ctx.budget().write(reason.len())?;
        Ok(Some(reason))
    }

    /// The mobile number to which staff's messages go as texts: the one that was given for it, which may be another than the
    /// patient's, and else the one that is on file by now.
    async fn phone(&self) -> Option<&str> {
        let number = self.view.number.as_ref();
        number.map(|number| number.reveal())
    }

    /// What stands in the way of texting to that number; empty where nothing does, and for the patient. Messages then stand in
    /// the portal, and the patient gets a link.
    async fn obstacles(&self, ctx: &Context<'_>) -> ApiResult<Vec<TextingObstacle>> {
        if !policy::sees_work(&*ctx.viewer().await?) {
            return Ok(Vec::new());
        }
        let obstacles = self.view.obstacles.iter();
        Ok(obstacles.copied().map(Into::into).collect())
    }

    /// Who works on it; null where nobody is assigned, and for the patient.
    async fn assignee(&self, ctx: &Context<'_>) -> ApiResult<Option<StaffMember>> {
        let row = &self.view.row;
        known_staff(ctx, row.organization_id, row.assignee_id).await
    }

    /// How soon it is to be worked on; null for the patient.
    async fn priority(&self, ctx: &Context<'_>) -> ApiResult<Option<CasePriority>> {
        let shown = policy::sees_work(&*ctx.viewer().await?);
        Ok(shown.then(|| self.view.row.priority.into()))
    }

    /// When it was opened.
    async fn opened_at(&self) -> DateTime<Utc> {
        self.view.row.opened_at
    }

    /// Who opened it; null where the patient did so themselves, and for the patient.
    async fn opened_by(&self, ctx: &Context<'_>) -> ApiResult<Option<StaffMember>> {
        let row = &self.view.row;
        known_staff(ctx, row.organization_id, self.view.opened_by()).await
    }

    /// When the clinic wants to have answered it, by its opening hours and the priority; null where it has no target, and for
    /// the patient, who has `Conversation.expectedAnswerBy`.
    async fn first_answer_due_at(&self, ctx: &Context<'_>) -> ApiResult<Option<DateTime<Utc>>> {
        let shown = policy::sees_work(&*ctx.viewer().await?);
        Ok(self.view.row.first_answer_due_at.filter(|_| shown))
    }

    /// When a staff member wrote to the patient first; null before that. Notes and automatic answers do not count.
    async fn first_answered_at(&self) -> Option<DateTime<Utc>> {
        self.view.row.first_answered_at
    }

    /// Whether the viewer has hidden it from their own lists by `hideThread`; false for the patient.
    async fn hidden(&self) -> bool {
        self.view.hidden
    }

    /// What was changed of it, the newest first, at most 100 entries. Empty for the patient.
    async fn history(&self, ctx: &Context<'_>) -> ApiResult<Vec<CaseChange>> {
        if !policy::sees_work(&*ctx.viewer().await?) {
            return Ok(Vec::new());
        }
        let key = CaseHistoryKey(self.in_view.organization(), self.in_view.id());
        let found = load(ctx, key).await?.unwrap_or_default();
        Ok(found.into_iter().map(CaseChange).collect())
    }
}
