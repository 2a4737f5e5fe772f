//! Scheduling messages and cancelling them.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{ConversationId, ScheduledMessageId};

use super::{
    body,
    context::ContextExt as _,
    enclosures,
    error::{ApiError, ApiResult, UserError, UserErrorCode, sentence},
    id::{LogPosition, read_id},
    local_time::LocalDateTime,
    message::Message,
    missed::{answered_meanwhile, shown_missed},
    rich_text::RichTextInput,
    scheduled::ScheduledMessage,
    send_error::send_error,
};
use crate::domain::{
    messages::SendError,
    policy,
    scheduled::{self, ScheduleError, When},
};

/// A message to set for a later time.
#[derive(InputObject)]
pub struct ScheduleMessageInput {
    /// The conversation to write in.
    conversation_id: ID,
    /// Plain text of at most 20,000 characters. One of this, `richBody` and `templateId` is given, unless there are files.
    body: Option<String>,
    /// Formatted text, which is cleaned.
    rich_body: Option<RichTextInput>,
    /// A message template, of which the patient gets the text that is approved when it leaves, in their language or in the one
    /// that stands in by the clinic's order.
    template_id: Option<ID>,
    /// Files, as for `sendMessage`. They are in use until the message is cancelled or cannot leave; then they are their
    /// author's for another hour.
    #[graphql(default)]
    attachment_ids: Vec<ID>,
    /// Documents of the patient's chart, as for `sendMessage`.
    #[graphql(default)]
    chart_document_ids: Vec<ID>,
    /// Whether the patient may answer from then on; left out, it stays as it is.
    allow_reply: Option<bool>,
    /// How far the author has seen the clinic's log. As for `sendMessage`, a colleague's answer since holds the message back at
    /// once, with `ANSWERED_MEANWHILE`. When it is due, it leaves only if nobody else has written since, neither a colleague nor
    /// the patient; otherwise it is `HELD`, until somebody confirms it by `releaseScheduledMessage`. Left out, it leaves
    /// whatever has been written.
    seen_position: Option<LogPosition>,
    /// The time of day at which it is to leave, at most 366 days ahead. Of a time that comes twice the first counts.
    local_time: LocalDateTime,
    /// The IANA name of the time zone in which that counts; the patient's when left out.
    time_zone: Option<String>,
    /// What cannot leave until then does not leave any more.
    expires_at: Option<DateTime<Utc>>,
    /// As for `sendMessage`; each author has their own keys.
    idempotency_key: String,
}

/// A message that is held back, to let leave.
#[derive(InputObject)]
pub struct ReleaseScheduledMessageInput {
    /// The scheduled message.
    scheduled_message_id: ID,
    /// How far whoever confirms has seen the clinic's log, such as the `position` of the conversation that they look at.
    seen_position: LogPosition,
}

/// The message that leaves now.
#[derive(SimpleObject)]
pub struct ReleaseScheduledMessagePayload {
    /// The message, which waits and is due; null when it was not released. If somebody has written after `seenPosition`, it is
    /// held back again.
    scheduled_message: Option<ScheduledMessage>,
    /// Why it was not: `WRONG_STATE` when it is not held back.
    errors: Vec<UserError>,
}

/// The confirmation that a message waits.
#[derive(SimpleObject, Default)]
pub struct ScheduleMessagePayload {
    /// The message; null when it was not scheduled.
    scheduled_message: Option<ScheduledMessage>,
    /// Whether an earlier request with the same idempotency key had scheduled it.
    replayed: bool,
    /// The position that confirms having seen what was missed.
    position: Option<LogPosition>,
    /// What colleagues have written meanwhile, the oldest first, when it was held back with `ANSWERED_MEANWHILE`.
    missed: Vec<Message>,
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
        let organization = viewer.organization();
        let seen = input
            .seen_position
            .map(|position| position.read_as("seenPosition", organization))
            .transpose()?;
        let files = match enclosures::read(&input.attachment_ids, &input.chart_document_ids) {
            Ok(files) => files,
            Err(error) => return Ok(refused(error)),
        };
        let given = body::Given {
            plain: input.body,
            formatted: input.rich_body,
            template: input.template_id,
            files,
        };
        let wording = match body::wording(id, given, input.idempotency_key)? {
            Ok(wording) => wording.allowing_reply(input.allow_reply).seen(seen),
            Err(error) => return Ok(refused(error)),
        };
        let Some(when) = when(&input.local_time, input.time_zone, input.expires_at) else {
            let error = schedule_error(ScheduleError::TimeDoesNotExist)?;
            return Ok(refused(error));
        };
        match scheduled::schedule(core, &clinician, &in_view, &wording, &when).await {
            Ok(waiting) => Ok(ScheduleMessagePayload {
                scheduled_message: Some(ScheduledMessage(waiting.message)),
                replayed: waiting.replayed,
                ..ScheduleMessagePayload::default()
            }),
            Err(ScheduleError::Refused(SendError::AnsweredMeanwhile(missed))) => {
                let (missed, position) = shown_missed(core, organization, &missed).await?;
                Ok(ScheduleMessagePayload {
                    position,
                    missed,
                    ..refused(answered_meanwhile())
                })
            }
            Err(error) => Ok(refused(schedule_error(error)?)),
        }
    }

    /// Lets a message leave that is `HELD`, for somebody who has seen what was written. It leaves as its author's. For clinicians
    /// who may open the conversation.
    async fn release_scheduled_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which message, and what was seen.")] input: ReleaseScheduledMessageInput,
    ) -> ApiResult<ReleaseScheduledMessagePayload> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let id = read_id(ScheduledMessageId::from_public, &input.scheduled_message_id)?;
        let organization = clinician.organization();
        let seen = input.seen_position.read_as("seenPosition", organization)?;
        Ok(
            match scheduled::release(ctx.core(), &clinician, id, seen).await {
                Ok(message) => ReleaseScheduledMessagePayload {
                    scheduled_message: Some(ScheduledMessage(message)),
                    errors: Vec::new(),
                },
                Err(error) => ReleaseScheduledMessagePayload {
                    scheduled_message: None,
                    errors: vec![schedule_error(error)?],
                },
            },
        )
    }

    /// Cancels a scheduled message before it leaves. For clinicians who may open the conversation, or the patient with whom one is
    /// to be begun.
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
        errors: vec![error],
        ..ScheduleMessagePayload::default()
    }
}

/// When something is to leave, unless the time is none.
pub(super) fn when(
    local_time: &LocalDateTime,
    time_zone: Option<String>,
    expires_at: Option<DateTime<Utc>>,
) -> Option<When> {
    Some(When {
        local_time: local_time.time()?,
        time_zone,
        expires_at,
    })
}

/// What the user can mend; refusals and faults go to the errors of the response.
pub(super) fn schedule_error(error: ScheduleError) -> ApiResult<UserError> {
    let sentence = sentence(&error);
    let (field, code) = match error {
        ScheduleError::SchedulingOff => ("localTime", UserErrorCode::SchedulingOff),
        ScheduleError::NotATimeZone => ("timeZone", UserErrorCode::Invalid),
        ScheduleError::TimeDoesNotExist => ("localTime", UserErrorCode::TimeDoesNotExist),
        ScheduleError::TimePassed => ("localTime", UserErrorCode::TimePassed),
        ScheduleError::TooFarAhead => ("localTime", UserErrorCode::OutOfRange),
        ScheduleError::ExpiresTooEarly => ("expiresAt", UserErrorCode::TimePassed),
        ScheduleError::TooMany => {
            return Ok(UserError::general(UserErrorCode::OutOfRange, sentence));
        }
        ScheduleError::WaitsNoMore | ScheduleError::NotHeld => {
            return Ok(UserError::general(UserErrorCode::WrongState, sentence));
        }
        ScheduleError::Recipient => ("to", UserErrorCode::WrongState),
        ScheduleError::TooManyRecipients => ("to", UserErrorCode::OutOfRange),
        ScheduleError::Refused(refused) => return send_error(refused),
        ScheduleError::Denied(denied) => return Err(ApiError::from(denied)),
    };
    Ok(UserError::at(field, code, sentence))
}
