//! How far a reminder has come, live.

use async_graphql::{Context, ID, SimpleObject, Subscription, Union};
use entity::{EventKind, ReminderId};
use futures_util::Stream;

use super::{
    super::{
        context::ContextExt as _,
        error::{ApiError, ApiResult},
        id::{LogPosition, read_id},
        reminder::Reminder,
    },
    Resync,
    patience::patiently,
    watch::{Seen, Watch},
};
use crate::{
    domain::{policy, reminders},
    realtime::Topic,
};

/// Some more messages of a reminder have left, or it was cancelled.
#[derive(SimpleObject)]
pub struct ReminderProgressed {
    /// The position of the event.
    position: LogPosition,
    /// The reminder as it is now.
    reminder: Reminder,
}

/// What the subscription `reminderProgress` gives.
#[derive(Union)]
pub enum ReminderProgressItem {
    /// It has come further.
    Progressed(ReminderProgressed),
    /// Fetch again.
    Resync(Resync),
}

/// Reminders.
#[derive(Default)]
pub struct ReminderSubscription;

#[Subscription]
impl ReminderSubscription {
    /// How far a reminder has come: one event when it is sent, one for each batch of messages that leaves, and one when it
    /// is cancelled. For staff.
    async fn reminder_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reminder.")] id: ID,
        #[graphql(
            desc = "The position that was seen last: everything since comes first. Without it, only what happens from now on."
        )]
        after: Option<LogPosition>,
    ) -> Result<impl Stream<Item = ApiResult<ReminderProgressItem>> + use<>, ApiError> {
        let staff = policy::staff(&*ctx.viewer().await?)?;
        let id = read_id(ReminderId::from_public, &id)?;
        reminders::open(ctx.core().store.reader(), &staff, id).await?;
        let mut watch = Watch::open(ctx, vec![Topic::Reminder(id)], after).await?;
        Ok(async_stream::try_stream! {
            while let Some(seen) = watch.next().await? {
                match seen {
                    Seen::Resync(resync) => yield ReminderProgressItem::Resync(resync),
                    Seen::Event { occurrence, .. } => {
                        let what = &occurrence.event.what;
                        if what.kind == EventKind::ReminderProgressed && what.reminder == Some(id) {
                            let reminder = patiently(|| now(&watch, id)).await?;
                            let position = watch.position(&occurrence);
                            yield ReminderProgressItem::Progressed(ReminderProgressed { position, reminder });
                        }
                    }
                }
            }
        })
    }
}

/// The reminder with the viewer's eyes of now.
async fn now(watch: &Watch, id: ReminderId) -> ApiResult<Reminder> {
    let staff = policy::staff(&watch.viewer)?;
    let found = reminders::open(watch.core().store.reader(), &staff, id).await?;
    Ok(found.into())
}
