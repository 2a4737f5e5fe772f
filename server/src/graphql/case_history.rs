//! What was changed of a case, as the API shows it.

use async_graphql::{Context, Description, Enum, ID, Object};
use chrono::{DateTime, Utc};
use entity::{PersonId, StaffId};

use super::{
    case::{CasePriority, CaseStatus},
    error::ApiResult,
    id::public_id,
    message::PersonKind,
    participant::known_staff,
    staff_member::StaffMember,
};
use crate::domain::cases::{CaseMove, Moved};

/// What of a case was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CaseChangeKind {
    /// Where it stands.
    Status,
    /// Who works on it.
    Assignment,
    /// How soon it is to be worked on.
    Priority,
    /// To which number its texts go.
    Number,
}

/// A change of a case: who made it, when, and from what to what. Fields that are not about its kind are null.
#[derive(Clone, Copy, Description)]
pub struct CaseChange(pub CaseMove);

impl CaseChange {
    const fn statuses(&self) -> Option<(Option<entity::CaseStatus>, entity::CaseStatus)> {
        match self.0.what {
            Moved::Status(before, after) => Some((before, after)),
            Moved::Assignment(..) | Moved::Priority(..) | Moved::Number => None,
        }
    }

    const fn assignees(&self) -> (Option<StaffId>, Option<StaffId>) {
        match self.0.what {
            Moved::Assignment(before, after) => (before, after),
            Moved::Status(..) | Moved::Priority(..) | Moved::Number => (None, None),
        }
    }

    const fn priorities(&self) -> Option<(entity::CasePriority, entity::CasePriority)> {
        match self.0.what {
            Moved::Priority(before, after) => Some((before, after)),
            Moved::Status(..) | Moved::Assignment(..) | Moved::Number => None,
        }
    }
}

#[Object(use_type_description)]
impl CaseChange {
    /// What was changed.
    async fn kind(&self) -> CaseChangeKind {
        match self.0.what {
            Moved::Status(..) => CaseChangeKind::Status,
            Moved::Assignment(..) => CaseChangeKind::Assignment,
            Moved::Priority(..) => CaseChangeKind::Priority,
            Moved::Number => CaseChangeKind::Number,
        }
    }

    /// When.
    async fn changed_at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The id of the staff member or patient who did it.
    async fn person_id(&self) -> ID {
        ID(public_id(self.0.by))
    }

    /// Which kind of person it was: patients open their own cases and change nothing else.
    async fn person_kind(&self) -> PersonKind {
        self.0.by.kind().into()
    }

    /// The staff member who did it; null where it was the patient.
    async fn changed_by(&self, ctx: &Context<'_>) -> ApiResult<Option<StaffMember>> {
        let staff = match self.0.by {
            PersonId::Staff(staff) => Some(staff),
            PersonId::Patient(_) => None,
        };
        known_staff(ctx, self.0.organization, staff).await
    }

    /// The status before; null when it was opened.
    async fn status_before(&self) -> Option<CaseStatus> {
        let (before, _) = self.statuses()?;
        before.map(Into::into)
    }

    /// The status from then on.
    async fn status_after(&self) -> Option<CaseStatus> {
        let (_, after) = self.statuses()?;
        Some(after.into())
    }

    /// Who worked on it before; null where nobody was assigned.
    async fn assignee_before(&self, ctx: &Context<'_>) -> ApiResult<Option<StaffMember>> {
        known_staff(ctx, self.0.organization, self.assignees().0).await
    }

    /// Who works on it from then on; null where nobody is assigned.
    async fn assignee_after(&self, ctx: &Context<'_>) -> ApiResult<Option<StaffMember>> {
        known_staff(ctx, self.0.organization, self.assignees().1).await
    }

    /// The priority before.
    async fn priority_before(&self) -> Option<CasePriority> {
        let (before, _) = self.priorities()?;
        Some(before.into())
    }

    /// The priority from then on.
    async fn priority_after(&self) -> Option<CasePriority> {
        let (_, after) = self.priorities()?;
        Some(after.into())
    }
}
