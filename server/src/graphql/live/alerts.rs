//! Alerts: a patient's message to the staff who are to be alerted (LIVE-1), the clinic's message to the patient (LIVE-2).

use std::sync::Arc;

use async_graphql::{Context, SimpleObject, Subscription, Union};
use entity::{EventKind, PersonId};
use futures_util::Stream;

use super::{
    super::{
        conversation::Conversation,
        error::{ApiError, ApiResult},
        id::LogPosition,
        message::Message,
        patient::Patient,
        reminder::Reminder,
        scheduled::ScheduledMessage,
    },
    Resync,
    once::{Once, Place, Told},
    patience::patiently,
    watch::{Seen, Watch},
};
use crate::{
    domain::{
        messages::has_priority,
        policy::{self, Denied},
        reminders, scheduled,
        viewer::Viewer,
    },
    realtime::Occurrence,
};

/// A message that the viewer is to know of at once.
#[derive(SimpleObject)]
pub struct MessageAlert {
    /// The position of the message's event.
    position: LogPosition,
    /// Whose conversation it is.
    patient: Patient,
    /// The conversation.
    conversation: Conversation,
    /// The message, with its sender.
    message: Message,
    /// The beginning of the message on one line, at most 120 characters; `[2 files]` where only files were sent.
    preview: String,
    /// Whether it has priority: it holds words of the patient that the clinic treats as urgent, or sounds as if they wanted no
    /// more texts. The message says which.
    urgent: bool,
    /// How many messages of the conversation the viewer has not seen.
    unread_count: i64,
}

/// A message that the viewer set for a later time has not left: it was held back, has expired, was refused, or failed. When its
/// author is gone or does not reach the patient any more, this comes to the alerted of the panel and those to whom it is
/// addressed, and otherwise to the administrators.
#[derive(SimpleObject)]
pub struct ScheduledMessageAlert {
    /// The position of the event.
    position: LogPosition,
    /// The message as it is now; its status and `refusal` say why.
    scheduled_message: ScheduledMessage,
}

/// A reminder that the viewer sent has ended, and not all who were to get it did. When its sender is gone, this comes to those who
/// are alerted for the patients who did not get it, and otherwise to the administrators.
#[derive(SimpleObject)]
pub struct ReminderAlert {
    /// The position of the event.
    position: LogPosition,
    /// The reminder as it is now. Its `recipients` say who got none, and why.
    reminder: Reminder,
    /// How many were to get it when it was sent, and did not. Those whom its sender had seen skipped in the review are not among
    /// them, nor those for whom it was cancelled.
    missed_count: i64,
}

/// What the subscription `messageAlerts` gives.
#[derive(Union)]
pub enum MessageAlertItem {
    /// A message.
    Alert(Box<MessageAlert>),
    /// A message that the viewer counts on has not left.
    Stopped(Box<ScheduledMessageAlert>),
    /// A reminder on which the viewer counts has not reached all.
    Incomplete(Box<ReminderAlert>),
    /// Fetch again.
    Resync(Resync),
}

/// Alerts.
#[derive(Default)]
pub struct AlertSubscription;

#[Subscription]
impl AlertSubscription {
    /// New messages that alert the viewer. For staff: messages of the patients for whom they are being alerted; what they
    /// or their colleagues write never alerts, but what they have set for a later time and does not leave does, and so does
    /// a reminder of theirs that has ended without reaching all. For patients: messages of their clinic in the kinds of conversation that
    /// the portal offers them; what comes in others meanwhile can be had by resuming when they are offered again. Where the
    /// portal offers nothing any more, the next message ends the subscription with an error.
    async fn message_alerts(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The position that was seen last: everything since comes first. Without it, only what happens from now on."
        )]
        after: Option<LogPosition>,
    ) -> Result<impl Stream<Item = ApiResult<Once<MessageAlertItem>>> + use<>, ApiError> {
        let mut watch = Box::pin(Watch::open(ctx, Vec::new(), after)).await?;
        may_be_alerted(&watch.viewer)?;
        let place = Place::of(ctx, "MessageAlertItem", "MessageAlert");
        Ok(async_stream::try_stream! {
            while let Some(seen) = watch.next().await? {
                match seen {
                    Seen::Resync(resync) => yield Once::Alone(MessageAlertItem::Resync(resync)),
                    Seen::Event { occurrence, recheck } => {
                        if recheck {
                            may_be_alerted(&watch.viewer)?;
                        }
                        if let Some(alert) = patiently(|| alert(&watch, &place, &occurrence)).await? {
                            yield alert;
                        }
                    }
                }
            }
        })
    }
}

fn may_be_alerted(viewer: &Viewer) -> ApiResult<()> {
    match viewer {
        Viewer::Staff(_) => Ok(policy::clinician(viewer).map(|_| ())?),
        Viewer::Patient(_) => Ok(()),
    }
}

/// The alert that an event means for the viewer, if it means one.
async fn alert(
    watch: &Watch,
    place: &Place,
    occurrence: &Arc<Occurrence>,
) -> ApiResult<Option<Once<MessageAlertItem>>> {
    let event = &occurrence.event;
    let what = &event.what;
    if what.kind == EventKind::ScheduledMessagesChanged {
        return stopped(watch, occurrence).await;
    }
    if what.kind == EventKind::ReminderProgressed {
        return incomplete(watch, occurrence).await;
    }
    let (EventKind::MessagePosted, Some(patient), Some(conversation)) =
        (what.kind, what.patient, what.conversation)
    else {
        return Ok(None);
    };
    let concerned = match &*watch.viewer {
        Viewer::Staff(staff) => what.audience.alerts(staff.id()),
        Viewer::Patient(viewer) => {
            viewer.id() == patient && matches!(what.actor, Some(PersonId::Staff(_)))
        }
    };
    if !concerned || !watch.still_reaches(occurrence, conversation).await? {
        return Ok(None);
    }
    let content = watch.content(occurrence).await?;
    let (Some(view), Some(model), Some(patient)) = (
        content.message(),
        content.conversation(conversation),
        content.patient(patient),
    ) else {
        return Ok(None);
    };
    let in_view = match policy::conversation_of_event(&watch.viewer, event, model.clone(), patient)
    {
        Ok(in_view) => in_view,
        // One kind of conversation is not for the patient any more, such as the chat; others may be.
        Err(_) if policy::takes_part(&watch.viewer, patient) => return Ok(None),
        Err(denied) => return Err(denied.into()),
    };
    let unread = content.unread(conversation, watch.viewer.person());
    let told = Told {
        side: watch.viewer.person().kind(),
        unread,
        view,
        patient: Some(patient),
    };
    Ok(Some(place.once(occurrence, &told, || {
        let message = Message(Arc::clone(view));
        MessageAlertItem::Alert(Box::new(MessageAlert {
            position: watch.position(occurrence),
            patient: Patient(Arc::clone(patient)),
            conversation: Conversation::loaded(
                in_view,
                Arc::clone(patient),
                unread,
                None,
                event.position,
            ),
            preview: message.preview(),
            urgent: has_priority(&view.message),
            message,
            unread_count: unread.0,
        }))
    })))
}

/// A message on which the viewer counts and that has not left, if the event means one. Nobody is shown what concerns a patient
/// whom they do not reach. At most two statements.
async fn stopped(
    watch: &Watch,
    occurrence: &Occurrence,
) -> ApiResult<Option<Once<MessageAlertItem>>> {
    let scheduled = occurrence.event.what.scheduled;
    let Some(id) = scheduled.filter(|_| counts_on(watch, occurrence)) else {
        return Ok(None);
    };
    let clinician = policy::clinician(&watch.viewer)?;
    match scheduled::open(watch.core().store.reader(), &clinician, id).await {
        Ok(message) => {
            let alert = ScheduledMessageAlert {
                position: watch.position(occurrence),
                scheduled_message: ScheduledMessage(message),
            };
            let item = MessageAlertItem::Stopped(Box::new(alert));
            Ok(Some(Once::Alone(item)))
        }
        Err(Denied::NotFound) => Ok(None),
        Err(denied) => Err(denied.into()),
    }
}

/// A reminder on which the viewer counts and that has ended without reaching all, if the event means one. Two statements.
async fn incomplete(
    watch: &Watch,
    occurrence: &Occurrence,
) -> ApiResult<Option<Once<MessageAlertItem>>> {
    let reminder = occurrence.event.what.reminder;
    let Some(id) = reminder.filter(|_| counts_on(watch, occurrence)) else {
        return Ok(None);
    };
    let (staff, reader) = (policy::staff(&watch.viewer)?, watch.core().store.reader());
    let reminder = reminders::open(reader, &staff, id).await?;
    let alert = ReminderAlert {
        position: watch.position(occurrence),
        missed_count: reminders::missed(reader, &reminder).await?,
        reminder: reminder.into(),
    };
    let item = MessageAlertItem::Incomplete(Box::new(alert));
    Ok(Some(Once::Alone(item)))
}

fn counts_on(watch: &Watch, occurrence: &Occurrence) -> bool {
    match &*watch.viewer {
        Viewer::Staff(staff) => occurrence.event.what.audience.alerts(staff.id()),
        Viewer::Patient(_) => false,
    }
}
