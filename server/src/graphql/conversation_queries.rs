//! Looking up conversations.

use async_graphql::{Context, ID, Object};
use entity::{ConversationId, OrganizationId, PatientId};

use super::{
    context::ContextExt as _,
    conversation::Conversation,
    error::{ApiError, ApiResult},
    id::read_id,
};
use crate::domain::{conversations, core::Core, event_log::bounds, policy, viewer::Viewer};

/// Queries of conversations.
#[derive(Default)]
pub struct ConversationQuery;

#[Object]
impl ConversationQuery {
    /// A conversation: for clinicians who may open its patient, and for the patient.
    async fn conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation's id.")] id: ID,
    ) -> ApiResult<Conversation> {
        let viewer = ctx.viewer().await?;
        let id = read_id(ConversationId::from_public, &id)?;
        open(ctx.core(), &viewer, id).await
    }

    /// "Chat with my care team": the patient's own conversation. Refused with the code `PORTAL_CHAT_OFF` or `NOT_ENROLLED`
    /// where the patient does not take part in portal chat. For patients.
    async fn my_care_team_chat(&self, ctx: &Context<'_>) -> ApiResult<Conversation> {
        let viewer = ctx.viewer().await?;
        match &*viewer {
            Viewer::Patient(patient) => {
                let id = chat_of(ctx.core(), patient.organization(), patient.id()).await?;
                open(ctx.core(), &viewer, id).await
            }
            Viewer::Staff(_) => Err(ApiError::Forbidden("This needs a patient.".to_owned())),
        }
    }
}

/// Opens a conversation, with the log's position from before it is read. Two statements.
pub async fn open(core: &Core, viewer: &Viewer, id: ConversationId) -> ApiResult<Conversation> {
    let reader = core.store.reader();
    let position = bounds(reader, viewer.organization()).await?.head;
    let in_view = policy::read_conversation(reader, viewer, id).await?;
    Ok(Conversation::alone(in_view, position))
}

async fn chat_of(
    core: &Core,
    organization: OrganizationId,
    patient: PatientId,
) -> ApiResult<ConversationId> {
    let chats =
        conversations::care_team_chats(core.store.reader(), organization, [patient]).await?;
    chats.first().map(|chat| chat.id).ok_or(ApiError::NotFound)
}
