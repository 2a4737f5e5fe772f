//! Scheduling the beginning of secure messages.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    context::ContextExt as _,
    error::{ApiResult, UserError},
    local_time::LocalDateTime,
    rich_text::RichTextInput,
    scheduled::ScheduledMessage,
    scheduled_changes::{schedule_error, when},
    secure_message::{self, BeginSecureMessageInput},
};
use crate::domain::{
    policy,
    scheduled::{self, ScheduleError},
};

/// A secure message to begin at a later time.
#[derive(InputObject)]
pub struct ScheduleSecureMessageInput {
    /// The patient, who is always included.
    patient_id: ID,
    /// The staff members to whom it is addressed, as for `beginSecureMessage`.
    #[graphql(default)]
    to: Vec<ID>,
    /// What it is about: one line of 1 to 200 characters. Given unless there is a template.
    title: Option<String>,
    /// The text. Given unless there is a template, or files alone are sent.
    body: Option<RichTextInput>,
    /// In place of `title` and `body`, a message template, of which the patient gets the text that is approved when it begins.
    template_id: Option<ID>,
    /// Files, as for `scheduleMessage`.
    #[graphql(default)]
    attachment_ids: Vec<ID>,
    /// Documents of the patient's chart, as for `scheduleMessage`.
    #[graphql(default)]
    chart_document_ids: Vec<ID>,
    /// Whether the patient may answer; left out, the clinic's rule counts.
    allow_reply: Option<bool>,
    /// As for `scheduleMessage`.
    local_time: LocalDateTime,
    /// As for `scheduleMessage`.
    time_zone: Option<String>,
    /// As for `scheduleMessage`.
    expires_at: Option<DateTime<Utc>>,
    /// As for `scheduleMessage`.
    idempotency_key: String,
}

/// The confirmation that a secure message waits to be begun.
#[derive(SimpleObject, Default)]
pub struct ScheduleSecureMessagePayload {
    /// The message; null when it was not scheduled.
    scheduled_message: Option<ScheduledMessage>,
    /// Whether an earlier request with the same idempotency key had scheduled it.
    replayed: bool,
    /// What must be mended, as for `beginSecureMessage`, or such as `TIME_PASSED`.
    errors: Vec<UserError>,
}

/// Scheduling the beginning of secure messages.
#[derive(Default)]
pub struct ScheduledBeginningMutation;

#[Object]
impl ScheduledBeginningMutation {
    /// Sets the beginning of a secure message for a later time. It must be one that could be begun now, and whether it can is
    /// asked again when it is due. Until then there is no conversation. For clinicians who may open the patient.
    async fn schedule_secure_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to begin with whom, and when.")] input: ScheduleSecureMessageInput,
    ) -> ApiResult<ScheduleSecureMessagePayload> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let when = when(&input.local_time, input.time_zone, input.expires_at);
        let new = secure_message::read(BeginSecureMessageInput {
            patient_id: input.patient_id,
            to: input.to,
            title: input.title,
            body: input.body,
            template_id: input.template_id,
            attachment_ids: input.attachment_ids,
            chart_document_ids: input.chart_document_ids,
            allow_reply: input.allow_reply,
            idempotency_key: input.idempotency_key,
        })?;
        let scheduled = match (new, when) {
            (Ok(new), Some(when)) => {
                scheduled::schedule_beginning(ctx.core(), &clinician, new, &when).await
            }
            (Ok(_), None) => Err(ScheduleError::TimeDoesNotExist),
            (Err(errors), _) => {
                return Ok(ScheduleSecureMessagePayload {
                    errors,
                    ..ScheduleSecureMessagePayload::default()
                });
            }
        };
        Ok(match scheduled {
            Ok(waiting) => ScheduleSecureMessagePayload {
                scheduled_message: Some(ScheduledMessage(waiting.message)),
                replayed: waiting.replayed,
                errors: Vec::new(),
            },
            Err(error) => ScheduleSecureMessagePayload {
                errors: vec![schedule_error(error)?],
                ..ScheduleSecureMessagePayload::default()
            },
        })
    }
}
