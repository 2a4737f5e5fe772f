//! Finding reminders, and the review before sending one.

use std::{collections::BTreeMap, sync::Arc};

use async_graphql::{
    Context, Description, ID, InputObject, Object, SimpleObject, connection::Connection,
};
use chrono::{DateTime, Utc};
use entity::ReminderId;
use uuid::Uuid;

use super::{
    context::ContextExt as _,
    error::{ApiResult, UserError},
    id::read_id,
    local_time::LocalDateTime,
    page::{List, Opaque, PageArguments, connection},
    patient::Patient,
    reminder::{Reminder, ReminderSkipReason},
    reminder_order::{Parts, ReminderFilterInput, reminder_error},
    staff_member::NotificationChannel,
};
use crate::domain::{
    page::{Direction, Page, Slice},
    policy,
    reminders::{self, Review, Skipped},
};

/// A reminder to look at before it is sent: a template, and either patients or a filter.
#[derive(InputObject)]
pub struct PreviewReminderInput {
    /// The message template.
    template_id: ID,
    /// The patients, at most 10,000.
    patient_ids: Option<Vec<ID>>,
    /// All patients of a list, at most 10,000.
    filter: Option<ReminderFilterInput>,
    /// The local time of each patient at which it is to leave; left out, at once.
    local_time: Option<LocalDateTime>,
    /// What cannot leave until then does not leave any more.
    expires_at: Option<DateTime<Utc>>,
}

/// How many patients get a reminder in a language.
#[derive(SimpleObject)]
pub struct ReminderLanguageCount {
    /// The BCP 47 tag of the language.
    language: String,
    /// How many patients.
    count: usize,
}

/// How many patients are notified of a reminder by a channel.
#[derive(SimpleObject)]
pub struct ReminderChannelCount {
    /// The channel.
    channel: NotificationChannel,
    /// How many patients.
    count: usize,
}

/// A patient who would not get a reminder.
#[derive(SimpleObject)]
pub struct SkippedPatient {
    /// The patient.
    patient: Patient,
    /// Why.
    reason: ReminderSkipReason,
}

/// What would happen if a reminder were sent now.
#[derive(Description)]
pub struct ReminderPreview {
    review: Arc<Review>,
    viewer: Uuid,
    errors: Vec<UserError>,
}

#[Object(use_type_description)]
impl ReminderPreview {
    /// How many patients would get it.
    async fn recipient_count(&self) -> usize {
        self.review.ready.len()
    }

    /// How many of them in which language.
    async fn languages(&self) -> Vec<ReminderLanguageCount> {
        let mut counts = BTreeMap::new();
        for ready in &self.review.ready {
            *counts.entry(ready.language.as_str()).or_insert(0) += 1;
        }
        counts
            .into_iter()
            .map(|(language, count)| ReminderLanguageCount {
                language: language.to_owned(),
                count,
            })
            .collect()
    }

    /// How many of them are notified by which channel.
    async fn channels(&self) -> Vec<ReminderChannelCount> {
        [NotificationChannel::Email, NotificationChannel::Sms]
            .into_iter()
            .map(|channel| {
                let through = |ready: &&reminders::Ready| ready.channel == channel.stored();
                ReminderChannelCount {
                    channel,
                    count: self.review.ready.iter().filter(through).count(),
                }
            })
            .filter(|channel| channel.count > 0)
            .collect()
    }

    /// How many patients would not get it. Give it as `seenSkipped` when you send.
    async fn skipped_count(&self) -> usize {
        self.review.skipped.len()
    }

    /// The patients who would not get it, and why.
    async fn skipped(
        &self,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, SkippedPatient>> {
        let list = List {
            name: "skippedPatients",
            owner: self.viewer,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let page = cut(&self.review.skipped, &slice);
        Ok(connection(
            list,
            page,
            |skipped| skipped.patient.id.0,
            |skipped| SkippedPatient {
                patient: Patient(skipped.patient),
                reason: skipped.reason.into(),
            },
        ))
    }

    /// What must be mended before it can be reviewed.
    async fn errors(&self) -> &[UserError] {
        &self.errors
    }
}

/// A part of a list that is in memory already.
fn cut(all: &[Skipped], slice: &Slice<Uuid>) -> Page<Skipped> {
    let place = |id: Option<Uuid>| {
        let id = id?;
        all.iter().position(|skipped| skipped.patient.id.0 == id)
    };
    let from = place(slice.after).map_or(0, |at| at + 1);
    let to = place(slice.before).unwrap_or(all.len());
    let between = all.iter().take(to).skip(from).cloned();
    let fetched = slice.limit as usize + 1;
    let rows = match slice.direction {
        Direction::Forward => between.take(fetched).collect(),
        Direction::Backward => between.rev().take(fetched).collect(),
    };
    slice.page(rows)
}

/// Queries of reminders.
#[derive(Default)]
pub struct ReminderQuery;

#[Object]
impl ReminderQuery {
    /// What would happen if a reminder were sent now: how many patients would get it in which language and by which channel,
    /// and everybody who would not, with the reason. Nothing is sent. For clinicians who may open the patients.
    async fn preview_reminder(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to send to whom.")] input: PreviewReminderInput,
    ) -> ApiResult<ReminderPreview> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let parts = Parts {
            template_id: input.template_id,
            patient_ids: input.patient_ids,
            filter: input.filter,
            local_time: input.local_time,
            expires_at: input.expires_at,
        };
        let reviewed = match parts.read(ctx, &clinician).await? {
            Ok(order) => reminders::preview(ctx.core(), &clinician, &order)
                .await
                .map_err(reminder_error),
            Err(error) => Err(Ok(error)),
        };
        let (review, errors) = match reviewed {
            Ok(review) => (review, Vec::new()),
            Err(error) => (Review::default(), vec![error?]),
        };
        Ok(ReminderPreview {
            review: Arc::new(review),
            viewer: clinician.staff().0,
            errors,
        })
    }

    /// A reminder. For staff.
    async fn reminder(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reminder.")] id: ID,
    ) -> ApiResult<Reminder> {
        let viewer = policy::staff(&*ctx.viewer().await?)?;
        let id = read_id(ReminderId::from_public, &id)?;
        let found = reminders::open(ctx.core().store.reader(), &viewer, id).await?;
        Ok(found.into())
    }

    /// The clinic's reminders, the newest first. For staff.
    async fn reminders(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, Reminder>> {
        let viewer = policy::staff(&*ctx.viewer().await?)?;
        let list = List {
            name: "reminders",
            owner: viewer.organization().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let page = reminders::page(ctx.core().store.reader(), &viewer, &slice).await?;
        Ok(connection(
            list,
            page,
            |reminder| reminder.id.0,
            Reminder::from,
        ))
    }
}
