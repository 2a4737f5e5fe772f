//! What was set for a later time and has not left, for the whole clinic.

use async_graphql::{Context, Object, connection::Connection};

use super::{
    context::ContextExt as _,
    error::ApiResult,
    page::{List, Opaque, PageArguments, connection},
    scheduled::{ScheduledMessage, ScheduledMessageStatus},
};
use crate::domain::{
    policy,
    scheduled::{self, StoppedCursor},
};

/// Queries of what has not left.
#[derive(Default)]
pub struct StoppedMessageQuery;

#[Object]
impl StoppedMessageQuery {
    /// The scheduled messages of the whole clinic that were due and have not left: held back, expired, refused or failed. What
    /// was to leave last comes first. For clinicians: those of conversations that they may read, and those that were to begin one
    /// with a patient whom they may open.
    async fn stopped_scheduled_messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Only those that stand so: `HELD`, `EXPIRED`, `REFUSED` or `FAILED`. No others are in the list."
        )]
        status: Option<ScheduledMessageStatus>,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, ScheduledMessage>> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let list = List {
            name: "stoppedScheduledMessages",
            owner: clinician.organization().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let reader = ctx.core().store.reader();
        let page = scheduled::stopped(reader, &clinician, status.map(Into::into), &slice).await?;
        Ok(connection(
            list,
            page,
            |message| StoppedCursor::from(message),
            ScheduledMessage,
        ))
    }
}
