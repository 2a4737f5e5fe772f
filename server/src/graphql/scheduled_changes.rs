//! Scheduling messages and cancelling them.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{ConversationId, ScheduledMessageId};

use super::{
    body,
    context::ContextExt as _,
    error::{ApiError, ApiResult, UserError, UserErrorCode, sentence},
    id::read_id,
    local_time::LocalDateTime,
    rich_text::RichTextInput,
    scheduled::ScheduledMessage,
    send_error::send_error,
};
use crate::domain::{
    messages::Enclosures,
    policy,
    scheduled::{self, ScheduleError, When},
};

/// A message to set for a later time.
#[derive(InputObject)]
pub struct ScheduleMessageInput {
    /// The conversation to write in.
    conversation_id: ID,
    /// Plain text of 1 to 20,000 characters. One of this, `richBody` and `templateId` is given.
    body: Option<String>,
    /// Formatted text, which is cleaned.
    rich_body: Option<RichTextInput>,
    /// A message template, of which the patient gets the text that is approved when it leaves, in their language or in the one
    /// that stands in by the clinic's order.
    template_id: Option<ID>,
    /// Whether the patient may answer from then on; left out, it stays as it is.
    allow_reply: Option<bool>,
    /// The time of day at which it is to leave, at most 366 days ahead. Of a time that comes twice the first counts.
    local_time: LocalDateTime,
    /// The IANA name of the time zone in which that counts; the patient's when left out.
    time_zone: Option<String>,
    /// What cannot leave until then does not leave any more.
    expires_at: Option<DateTime<Utc>>,
    /// As for `sendMessage`.
    idempotency_key: String,
}

/// The confirmation that a message waits.
#[derive(SimpleObject)]
pub struct ScheduleMessagePayload {
    /// The message; null when it was not scheduled.
    scheduled_message: Option<ScheduledMessage>,
    /// Whether an earlier request with the same idempotency key had scheduled it.
    replayed: bool,
    /// What must be mended, such as `TIME_PASSED` or `TIME_DOES_NOT_EXIST`.
    errors: Vec<UserError>,
}

/// A scheduled message to cancel.
#[derive(InputObject)]
pub struct CancelScheduledMessageInput {
    /// The scheduled message.
    scheduled_message_id: ID,
}

/// The message that was cancelled.
#[derive(SimpleObject)]
pub struct CancelScheduledMessagePayload {
    /// The message; null when it was not cancelled.
    scheduled_message: Option<ScheduledMessage>,
    /// Why it was not: `WRONG_STATE` when it does not wait any more.
    errors: Vec<UserError>,
}

/// Scheduling messages.
#[derive(Default)]
pub struct ScheduledMessageMutation;

#[Object]
impl ScheduledMessageMutation {
    /// Sets a message for a later time. It must be one that could be sent now, and whether it can is asked again when it
    /// leaves. For clinicians.
    async fn schedule_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message, and when it is to leave.")] input: ScheduleMessageInput,
    ) -> ApiResult<ScheduleMessagePayload> {
        let viewer = ctx.viewer().await?;
        let clinician = policy::clinician(&viewer)?;
        let core = ctx.core();
        let id = read_id(ConversationId::from_public, &input.conversation_id)?;
        let in_view = policy::read_conversation(core.store.reader(), &viewer, id).await?;
        let given = body::Given {
            plain: input.body,
            formatted: input.rich_body,
            template: input.template_id,
            files: Enclosures::default(),
        };
        let wording = body::wording(id, given, input.idempotency_key)?;
        let (wording, local_time) = match (wording, input.local_time.time()) {
            (Ok(wording), Some(time)) => (wording.allowing_reply(input.allow_reply), time),
            (Err(error), _) => return Ok(refused(error)),
            (Ok(_), None) => {
                let error = schedule_error(ScheduleError::TimeDoesNotExist)?;
                return Ok(refused(error));
            }
        };
        let when = When {
            local_time,
            time_zone: input.time_zone,
            expires_at: input.expires_at,
        };
        match scheduled::schedule(core, &clinician, &in_view, &wording, &when).await {
            Ok(waiting) => Ok(ScheduleMessagePayload {
                scheduled_message: Some(ScheduledMessage(waiting.message)),
                replayed: waiting.replayed,
                errors: Vec::new(),
            }),
            Err(error) => Ok(refused(schedule_error(error)?)),
        }
    }

    /// Cancels a scheduled message before it leaves. For clinicians who may open the conversation.
    async fn cancel_scheduled_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which message.")] input: CancelScheduledMessageInput,
    ) -> ApiResult<CancelScheduledMessagePayload> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let id = read_id(ScheduledMessageId::from_public, &input.scheduled_message_id)?;
        Ok(match scheduled::cancel(ctx.core(), &clinician, id).await {
            Ok(message) => CancelScheduledMessagePayload {
                scheduled_message: Some(ScheduledMessage(message)),
                errors: Vec::new(),
            },
            Err(error) => CancelScheduledMessagePayload {
                scheduled_message: None,
                errors: vec![schedule_error(error)?],
            },
        })
    }
}

fn refused(error: UserError) -> ScheduleMessagePayload {
    ScheduleMessagePayload {
        scheduled_message: None,
        replayed: false,
        errors: vec![error],
    }
}

fn schedule_error(error: ScheduleError) -> ApiResult<UserError> {
    let sentence = sentence(&error);
    let (field, code) = match error {
        ScheduleError::SchedulingOff => ("localTime", UserErrorCode::SchedulingOff),
        ScheduleError::NotATimeZone => ("timeZone", UserErrorCode::Invalid),
        ScheduleError::TimeDoesNotExist => ("localTime", UserErrorCode::TimeDoesNotExist),
        ScheduleError::TimePassed => ("localTime", UserErrorCode::TimePassed),
        ScheduleError::TooFarAhead => ("localTime", UserErrorCode::OutOfRange),
        ScheduleError::ExpiresTooEarly => ("expiresAt", UserErrorCode::TimePassed),
        ScheduleError::TooMany => ("conversationId", UserErrorCode::OutOfRange),
        ScheduleError::WaitsNoMore => {
            return Ok(UserError::general(UserErrorCode::WrongState, sentence));
        }
        ScheduleError::Refused(refused) => return send_error(refused),
        ScheduleError::Denied(denied) => return Err(ApiError::from(denied)),
    };
    Ok(UserError::at(field, code, sentence))
}
