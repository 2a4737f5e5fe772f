//! Closing conversations, and who takes part in them.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::{ConversationId, ConversationStatus, StaffId};

use super::{
    context::ContextExt as _,
    conversation::Conversation,
    conversation_queries::open,
    error::{ApiError, ApiResult, UserError, UserErrorCode, sentence},
    id::{read_id, read_ids},
};
use crate::domain::{
    conversations::{self, ParticipantsError, StatusError},
    people::values::MAX_IDS,
    policy::{self, ConversationInView},
};

/// A conversation.
#[derive(InputObject)]
pub struct ConversationInput {
    /// The conversation.
    conversation_id: ID,
}

/// Staff members who are to take part in a conversation.
#[derive(InputObject)]
pub struct AddParticipantsInput {
    /// The conversation: a secure message or a case.
    conversation_id: ID,
    /// Active clinicians. At most 51 take part in a conversation.
    staff_ids: Vec<ID>,
}

/// A staff member who is to take part no more.
#[derive(InputObject)]
pub struct RemoveParticipantInput {
    /// The conversation.
    conversation_id: ID,
    /// The staff member; one who does not take part is left alone.
    staff_id: ID,
}

/// The changed conversation, or what must be mended before it is changed.
#[derive(SimpleObject)]
pub struct ConversationPayload {
    /// The conversation as it is now; null when nothing was changed for an error, and when the viewer's own access has ended
    /// with the change.
    conversation: Option<Conversation>,
    /// What must be mended.
    errors: Vec<UserError>,
}

/// Changes of conversations.
#[derive(Default)]
pub struct ConversationMutation;

#[Object]
impl ConversationMutation {
    /// Closes a conversation: the patient can no longer answer. What is closed already stays so. For clinicians.
    async fn close_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation.")] input: ConversationInput,
    ) -> ApiResult<ConversationPayload> {
        set_status(ctx, &input, ConversationStatus::Closed).await
    }

    /// Opens a closed conversation again: the patient can answer as before. For clinicians.
    async fn reopen_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation.")] input: ConversationInput,
    ) -> ApiResult<ConversationPayload> {
        set_status(ctx, &input, ConversationStatus::Open).await
    }

    /// Adds staff members to those to whom a conversation is addressed. They may open it, and are alerted when the patient
    /// answers. For clinicians.
    async fn add_participants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is to take part in what.")] input: AddParticipantsInput,
    ) -> ApiResult<ConversationPayload> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let conversation = read_id(ConversationId::from_public, &input.conversation_id)?;
        let staff = read_ids(StaffId::from_public, &input.staff_ids)?;
        if staff.len() > MAX_IDS {
            return Ok(refused(UserError::at(
                "staffIds",
                UserErrorCode::OutOfRange,
                format!("At most {MAX_IDS} can be given at once."),
            )));
        }
        let changed =
            conversations::add_participants(ctx.core(), &clinician, conversation, &staff).await;
        answer(ctx, changed.map_err(participants_error)).await
    }

    /// Takes a staff member out of those to whom a conversation is addressed; of a case, they work on it no more either. For
    /// clinicians.
    async fn remove_participant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is to take part in what no more.")] input: RemoveParticipantInput,
    ) -> ApiResult<ConversationPayload> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let conversation = read_id(ConversationId::from_public, &input.conversation_id)?;
        let staff = read_id(StaffId::from_public, &input.staff_id)?;
        let changed =
            conversations::remove_participant(ctx.core(), &clinician, conversation, staff).await;
        answer(ctx, changed.map_err(participants_error)).await
    }
}

async fn set_status(
    ctx: &Context<'_>,
    input: &ConversationInput,
    status: ConversationStatus,
) -> ApiResult<ConversationPayload> {
    let clinician = policy::clinician(&*ctx.viewer().await?)?;
    let conversation = read_id(ConversationId::from_public, &input.conversation_id)?;
    let changed = conversations::set_status(ctx.core(), &clinician, conversation, status).await;
    answer(ctx, changed.map_err(status_error)).await
}

async fn answer(
    ctx: &Context<'_>,
    changed: Result<ConversationInView, ApiResult<UserError>>,
) -> ApiResult<ConversationPayload> {
    let in_view = match changed {
        Ok(in_view) => in_view,
        Err(error) => return Ok(refused(error?)),
    };
    let conversation = match open(ctx.core(), &*ctx.viewer().await?, in_view.id()).await {
        Ok(conversation) => Some(conversation),
        Err(ApiError::NotFound) => None,
        Err(error) => return Err(error),
    };
    Ok(ConversationPayload {
        conversation,
        errors: Vec::new(),
    })
}

fn status_error(error: StatusError) -> ApiResult<UserError> {
    let sentence = sentence(&error);
    match error {
        StatusError::NeverCloses => Ok(UserError::at(
            "conversationId",
            UserErrorCode::WrongState,
            sentence,
        )),
        StatusError::Denied(denied) => Err(denied.into()),
    }
}

fn participants_error(error: ParticipantsError) -> ApiResult<UserError> {
    let sentence = sentence(&error);
    match error {
        ParticipantsError::NotClinician => Ok(UserError::at(
            "staffIds",
            UserErrorCode::WrongState,
            sentence,
        )),
        ParticipantsError::TooMany => Ok(UserError::at(
            "staffIds",
            UserErrorCode::OutOfRange,
            sentence,
        )),
        ParticipantsError::NotAddressed => Ok(UserError::at(
            "conversationId",
            UserErrorCode::WrongState,
            sentence,
        )),
        ParticipantsError::Denied(denied) => Err(denied.into()),
    }
}

fn refused(error: UserError) -> ConversationPayload {
    ConversationPayload {
        conversation: None,
        errors: vec![error],
    }
}
