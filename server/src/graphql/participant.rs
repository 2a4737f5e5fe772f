//! Who takes part in a conversation, and how far they have read.

use async_graphql::{Context, Description, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{OrganizationId, StaffId, participant};

use super::{
    context::ContextExt as _,
    error::{ApiError, ApiResult},
    id::public_id,
    loaders::{StaffKey, load},
    staff_member::StaffMember,
};
use crate::domain::{conversations::CursorView, fault::Fault, viewer::Viewer};

/// A staff member to whom a conversation is addressed.
#[derive(Clone, Description)]
pub struct Participant(pub participant::Model);

#[Object(use_type_description)]
impl Participant {
    /// Who.
    async fn staff_member(&self, ctx: &Context<'_>) -> ApiResult<StaffMember> {
        staff_member(ctx, self.0.organization_id, self.0.staff_id).await
    }

    /// Since when.
    async fn added_at(&self) -> DateTime<Utc> {
        self.0.added_at
    }
}

/// How far somebody of the other side has read.
#[derive(Clone, Debug, SimpleObject)]
pub struct Receipt {
    /// The id of the staff member or patient.
    person_id: ID,
    /// The number of the last message that they have seen, of those that both sides see: internal notes do not count.
    sequence: i64,
    /// When they read that far.
    read_at: Option<DateTime<Utc>>,
}

impl From<CursorView> for Receipt {
    fn from(cursor: CursorView) -> Self {
        Self {
            person_id: ID(public_id(cursor.person)),
            sequence: cursor.seq,
            read_at: cursor.read_at,
        }
    }
}

/// A staff member whom a conversation names.
///
/// # Errors
/// Any failure of the database.
pub async fn staff_member(
    ctx: &Context<'_>,
    organization: OrganizationId,
    id: StaffId,
) -> ApiResult<StaffMember> {
    let member = load(ctx, StaffKey(organization, id)).await?;
    // Conversations refer to staff members who stay on record for good.
    let member = member.ok_or_else(|| ApiError::from(Fault::Corrupt("staff member")))?;
    Ok(StaffMember(member))
}

/// A staff member whom a conversation names, for those of the clinic; patients are not told.
///
/// # Errors
/// Any failure of the database.
pub async fn known_staff(
    ctx: &Context<'_>,
    organization: OrganizationId,
    id: Option<StaffId>,
) -> ApiResult<Option<StaffMember>> {
    match (&*ctx.viewer().await?, id) {
        (Viewer::Staff(_), Some(id)) => Ok(Some(staff_member(ctx, organization, id).await?)),
        (Viewer::Patient(_), _) | (_, None) => Ok(None),
    }
}
