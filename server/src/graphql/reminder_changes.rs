//! Sending and cancelling reminders.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::ReminderId;

use super::{
    context::ContextExt as _,
    error::{ApiResult, UserError},
    id::read_id,
    local_time::LocalDateTime,
    reminder::Reminder,
    reminder_order::{Parts, ReminderFilterInput, reminder_error},
    reminder_review::{self, ReminderWarning},
};
use crate::domain::{policy, reminders};

/// A reminder to send: a template, and either patients or a filter.
#[derive(InputObject)]
pub struct SendReminderInput {
    /// The message template.
    template_id: ID,
    /// The patients, at most 10,000.
    patient_ids: Option<Vec<ID>>,
    /// All patients of a filter, at most 10,000, as they are now.
    filter: Option<ReminderFilterInput>,
    /// The local time of each patient at which it is to leave; left out, at once.
    local_time: Option<LocalDateTime>,
    /// What cannot leave until then does not leave any more.
    expires_at: Option<DateTime<Utc>>,
    /// The `digest` of the review that the sender has seen. If a review finds anything else by now, such as another patient or
    /// another reason, nothing is sent: `OUTDATED_REVIEW`.
    seen_review: Option<String>,
    /// Chosen by the client, 1 to 128 printable ASCII characters without spaces, such as a UUID. A retry with the same key
    /// gives the reminder that was sent already; with another content it is refused.
    idempotency_key: String,
}

/// The confirmation that a reminder is on its way.
#[derive(SimpleObject, Default)]
pub struct SendReminderPayload {
    /// The reminder; null when it was not sent.
    reminder: Option<Reminder>,
    /// What keeps patients from hearing of it, although it was sent.
    warnings: Vec<ReminderWarning>,
    /// Whether an earlier request with the same idempotency key had sent it.
    replayed: bool,
    /// What must be mended before it can be sent. When no patient would get it, the reason, such as `NO_CONTACT_ON_FILE`,
    /// `TRANSLATION_STALE` or `TIME_DOES_NOT_EXIST`, or `NO_RECIPIENTS` when there are several.
    errors: Vec<UserError>,
}

/// A reminder to cancel.
#[derive(InputObject)]
pub struct CancelReminderInput {
    /// The reminder.
    reminder_id: ID,
}

/// The reminder that was cancelled.
#[derive(SimpleObject)]
pub struct CancelReminderPayload {
    /// The reminder; null when it was not cancelled.
    reminder: Option<Reminder>,
    /// Why it was not: `WRONG_STATE` when nothing of it waits any more.
    errors: Vec<UserError>,
}

/// Sending and cancelling reminders.
#[derive(Default)]
pub struct ReminderMutation;

#[Object]
impl ReminderMutation {
    /// Sends an approved message template to one or many patients, each in their language. It answers at once; the messages
    /// leave by themselves, each into its patient's announcements, and `reminderProgress` tells how far it is. Patients whom
    /// `previewReminder` names as skipped get none. For clinicians who may open the patients.
    async fn send_reminder(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to send to whom.")] input: SendReminderInput,
    ) -> ApiResult<SendReminderPayload> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let parts = Parts {
            template_id: input.template_id,
            patient_ids: input.patient_ids,
            filter: input.filter,
            local_time: input.local_time,
            expires_at: input.expires_at,
        };
        let order = match parts.read(ctx, &clinician).await? {
            Ok(order) => order,
            Err(error) => return Ok(refused(error)),
        };
        // What is no digest is the digest of no review.
        let seen = input
            .seen_review
            .map(|seen| reminder_review::read_digest(&seen).unwrap_or_default());
        match reminders::send(ctx.core(), &clinician, &order, &input.idempotency_key, seen).await {
            Ok(queued) => Ok(SendReminderPayload {
                reminder: Some(queued.reminder.into()),
                warnings: queued.warnings.into_iter().map(Into::into).collect(),
                replayed: queued.replayed,
                errors: Vec::new(),
            }),
            Err(error) => Ok(refused(reminder_error(error)?)),
        }
    }

    /// Cancels what has not left of a reminder, for all of its patients, also those whom the viewer does not reach: to stop
    /// what should not leave must not depend on who notices. Its counts are of all as well, and name nobody. For clinicians.
    async fn cancel_reminder(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which reminder.")] input: CancelReminderInput,
    ) -> ApiResult<CancelReminderPayload> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let id = read_id(ReminderId::from_public, &input.reminder_id)?;
        Ok(match reminders::cancel(ctx.core(), &clinician, id).await {
            Ok(reminder) => CancelReminderPayload {
                reminder: Some(reminder.into()),
                errors: Vec::new(),
            },
            Err(error) => CancelReminderPayload {
                reminder: None,
                errors: vec![reminder_error(error)?],
            },
        })
    }
}

fn refused(error: UserError) -> SendReminderPayload {
    SendReminderPayload {
        errors: vec![error],
        ..SendReminderPayload::default()
    }
}
