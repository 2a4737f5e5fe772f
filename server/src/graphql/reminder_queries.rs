//! Finding reminders, and asking for the review before sending one.

use async_graphql::{Context, ID, InputObject, Object, connection::Connection};
use chrono::{DateTime, Utc};
use entity::ReminderId;

use super::{
    context::ContextExt as _,
    error::ApiResult,
    id::read_id,
    local_time::LocalDateTime,
    page::{List, Opaque, PageArguments, connection},
    reminder::Reminder,
    reminder_order::{Parts, ReminderFilterInput, reminder_error},
    reminder_review::ReminderPreview,
};
use crate::domain::{
    policy,
    reminders::{self, Review},
};

/// A reminder to look at before it is sent: a template, and either patients or a filter.
#[derive(InputObject)]
pub struct PreviewReminderInput {
    /// The message template.
    template_id: ID,
    /// The patients, at most 10,000.
    patient_ids: Option<Vec<ID>>,
    /// All patients of a filter, at most 10,000.
    filter: Option<ReminderFilterInput>,
    /// The local time of each patient at which it is to leave; left out, at once.
    local_time: Option<LocalDateTime>,
    /// What cannot leave until then does not leave any more.
    expires_at: Option<DateTime<Utc>>,
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
        Ok(ReminderPreview::new(&clinician, review, errors))
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
