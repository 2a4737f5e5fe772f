//! Everything that happens in one conversation, for a view that has it open.

use std::sync::Arc;

use async_graphql::{Context, ID, SimpleObject, Subscription, Union};
use entity::{ConversationId, EventKind};
use futures_util::Stream;

use super::{
    super::{
        context::ContextExt as _,
        error::{ApiError, ApiResult},
        id::{LogPosition, read_id},
        message::Message,
        participant::Receipt,
        patient::Patient,
    },
    Resync,
    conversation_change::{ConversationChanged, as_it_is_now},
    message_change::{AttachmentInspected, TextMoved, inspected, moved},
    once::{Once, Place, Told},
    patience::patiently,
    watch::{Seen, Watch},
};
use crate::{
    domain::{
        conversations,
        people::patients,
        policy::{self, ConversationInView},
    },
    realtime::{Occurrence, Topic},
};

/// A message or note was stored.
#[derive(SimpleObject)]
pub struct MessagePosted {
    /// The position of the event.
    position: LogPosition,
    /// The message.
    message: Message,
    /// How many messages of the conversation the viewer has not seen.
    unread_count: i64,
}

/// The viewer has read further, perhaps on another device.
#[derive(SimpleObject)]
pub struct ReadCursorMoved {
    /// The position of the event.
    position: LogPosition,
    /// How many messages of the conversation the viewer has not seen.
    unread_count: i64,
}

/// Somebody of the other side has read further, where the clinic's rule lets the viewer see it.
#[derive(SimpleObject)]
pub struct ReceiptMoved {
    /// The position of the event.
    position: LogPosition,
    /// How far they have read.
    receipt: Receipt,
}

/// A message was scheduled in the conversation, cancelled, held back or released, or could not leave: `scheduledMessages` gives
/// them as they are now. For clinicians. What leaves is told as a message.
#[derive(SimpleObject)]
pub struct ScheduledMessagesChanged {
    /// The position of the event.
    position: LogPosition,
}

/// The patient's care team panel, or what the patient is enrolled in, has changed.
#[derive(SimpleObject)]
pub struct PatientChanged {
    /// The position of the event.
    position: LogPosition,
    /// The patient as they are now.
    patient: Patient,
}

/// What the subscription `conversationEvents` gives.
#[derive(Union)]
pub enum ConversationEvent {
    /// A message or note was stored.
    Posted(Box<MessagePosted>),
    /// A file of a message was inspected.
    Inspected(Box<AttachmentInspected>),
    /// A text of a message has come a step further.
    Text(Box<TextMoved>),
    /// The viewer has read further.
    Read(ReadCursorMoved),
    /// Somebody of the other side has read further.
    Receipt(ReceiptMoved),
    /// The conversation has changed.
    Changed(Box<ConversationChanged>),
    /// What is scheduled has changed.
    Scheduled(ScheduledMessagesChanged),
    /// The patient has changed.
    Patient(PatientChanged),
    /// Fetch again.
    Resync(Resync),
}

/// Conversations.
#[derive(Default)]
pub struct ConversationSubscription;

#[Subscription]
impl ConversationSubscription {
    /// Everything that happens in a conversation that the viewer may open, whoever does it. It ends with an error when the
    /// viewer's access ends.
    async fn conversation_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation's id.")] conversation_id: ID,
        #[graphql(
            desc = "The position that was seen last: everything since comes first. Without it, only what happens from now on."
        )]
        after: Option<LogPosition>,
    ) -> Result<impl Stream<Item = ApiResult<Once<ConversationEvent>>> + use<>, ApiError> {
        let viewer = Box::pin(ctx.viewer()).await?;
        let id = read_id(ConversationId::from_public, &conversation_id)?;
        let reader = ctx.core().store.reader();
        let mut in_view = Box::pin(policy::read_conversation(reader, &viewer, id)).await?;
        let topics = vec![Topic::Conversation(id), Topic::Patient(in_view.patient())];
        let place = Place::of(ctx, "ConversationEvent", "MessagePosted");
        let mut watch = Box::pin(Watch::open(ctx, topics, after)).await?;
        Ok(async_stream::try_stream! {
            while let Some(seen) = watch.next().await? {
                match seen {
                    Seen::Resync(resync) => yield Once::Alone(ConversationEvent::Resync(resync)),
                    Seen::Event { occurrence, recheck } => {
                        if recheck {
                            in_view = patiently(|| watch.open_conversation(id)).await?;
                        }
                        if let Some(event) = patiently(|| event(&watch, &in_view, &place, &occurrence)).await? {
                            yield event;
                        }
                    }
                }
            }
        })
    }
}

/// What an event means for the conversation that is open, if anything.
async fn event(
    watch: &Watch,
    in_view: &ConversationInView,
    place: &Place,
    occurrence: &Arc<Occurrence>,
) -> ApiResult<Option<Once<ConversationEvent>>> {
    let what = &occurrence.event.what;
    if !matches!(what.kind, EventKind::MessagePosted | EventKind::NoteAdded) {
        return Ok(change(watch, in_view, occurrence).await?.map(Once::Alone));
    }
    let hidden = what.kind == EventKind::NoteAdded && !in_view.shows_notes();
    if hidden || what.conversation != Some(in_view.id()) {
        return Ok(None);
    }
    let content = watch.content(occurrence).await?;
    let view = content.message();
    let unread = content.unread(in_view.id(), in_view.reader());
    Ok(view.map(|view| {
        let told = Told {
            side: in_view.reader().kind(),
            unread,
            view,
            patient: None,
        };
        place.once(occurrence, &told, || {
            ConversationEvent::Posted(Box::new(MessagePosted {
                position: watch.position(occurrence),
                message: Message(Arc::clone(view)),
                unread_count: unread.0,
            }))
        })
    }))
}

/// The patient as they are now. Whoever may read a conversation sees whose it is, also a participant who reaches the patient by
/// nothing else.
async fn of_patient(
    watch: &Watch,
    in_view: &ConversationInView,
    position: LogPosition,
) -> ApiResult<Option<ConversationEvent>> {
    let reader = watch.core().store.reader();
    let mut found = patients::by_ids(reader, in_view.organization(), [in_view.patient()]).await?;
    let patient = found.pop().map(Patient::from);
    Ok(patient.map(|patient| ConversationEvent::Patient(PatientChanged { position, patient })))
}

/// What an event other than a message means for the conversation that is open, if anything.
async fn change(
    watch: &Watch,
    in_view: &ConversationInView,
    occurrence: &Arc<Occurrence>,
) -> ApiResult<Option<ConversationEvent>> {
    let what = &occurrence.event.what;
    let here = what.conversation == Some(in_view.id());
    let position = watch.position(occurrence);
    match what.kind {
        EventKind::AttachmentInspected if here => inspected(watch, in_view, occurrence).await,
        EventKind::TextMoved if here => moved(watch, in_view, occurrence).await,
        EventKind::ReadCursorMoved if here && what.actor == Some(in_view.reader()) => {
            let content = watch.content(occurrence).await?;
            let unread_count = content.unread(in_view.id(), in_view.reader()).0;
            Ok(Some(ConversationEvent::Read(ReadCursorMoved {
                position,
                unread_count,
            })))
        }
        EventKind::ReadCursorMoved if here => receipt(watch, in_view, occurrence).await,
        EventKind::ConversationChanged
        | EventKind::CaseChanged
        | EventKind::ParticipantsChanged
            if here =>
        {
            as_it_is_now(watch, in_view, occurrence).await
        }
        // Who works on a case, and how soon, is nothing that its patient is told.
        EventKind::CaseWorkChanged if here && policy::sees_work(&watch.viewer) => {
            as_it_is_now(watch, in_view, occurrence).await
        }
        EventKind::ScheduledMessagesChanged if here => {
            let event = ConversationEvent::Scheduled(ScheduledMessagesChanged { position });
            Ok(policy::clinician(&watch.viewer).is_ok().then_some(event))
        }
        EventKind::PanelChanged | EventKind::PatientAccessChanged | EventKind::TextingChanged
            if what.patient == Some(in_view.patient()) =>
        {
            of_patient(watch, in_view, position).await
        }
        EventKind::MessagePosted
        | EventKind::NoteAdded
        | EventKind::AttachmentInspected
        | EventKind::TextMoved
        | EventKind::TextingChanged
        | EventKind::ReadCursorMoved
        | EventKind::ConversationChanged
        | EventKind::CaseChanged
        | EventKind::CaseWorkChanged
        | EventKind::CaseWritten
        | EventKind::ThreadHidden
        | EventKind::ParticipantsChanged
        | EventKind::ScheduledMessagesChanged
        | EventKind::PanelChanged
        | EventKind::PatientAccessChanged
        | EventKind::StaffAccessChanged
        | EventKind::SettingsChanged
        | EventKind::SessionRevoked
        | EventKind::AnswerOverdue
        | EventKind::ConversationUnattended
        | EventKind::UrgentUnheard
        | EventKind::TextNeedsAttention
        | EventKind::ReminderProgressed => Ok(None),
    }
}

/// What somebody else's reading means for the viewer: nothing, unless the rules show it and they are of the other side.
async fn receipt(
    watch: &Watch,
    in_view: &ConversationInView,
    occurrence: &Arc<Occurrence>,
) -> ApiResult<Option<ConversationEvent>> {
    let (Some(readable), Some(actor)) = (
        policy::receipts(&watch.viewer, in_view),
        occurrence.event.what.actor,
    ) else {
        return Ok(None);
    };
    let reader = watch.core().store.reader();
    let cursor = conversations::receipt_of(reader, &readable, actor).await?;
    // Who has read a note only has read no further of what both sides see.
    let moved = cursor.filter(|cursor| cursor.read_at >= Some(occurrence.event.at));
    Ok(moved.map(|cursor| {
        ConversationEvent::Receipt(ReceiptMoved {
            position: watch.position(occurrence),
            receipt: cursor.into(),
        })
    }))
}
