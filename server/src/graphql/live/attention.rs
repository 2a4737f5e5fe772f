//! What needs somebody's attention, live: patients who are not answered in time, whom nobody hears, urgent texts that could not be
//! placed, and messages that did not arrive as texts (NEW-3, NEW-4, NEW-8, TXT-8).

use async_graphql::{Context, Enum, SimpleObject, Subscription, Union};
use chrono::{DateTime, Utc};
use entity::EventKind;
use futures_util::Stream;

use super::{
    super::{
        conversation::Conversation,
        error::{ApiError, ApiResult},
        id::LogPosition,
        patient::Patient,
    },
    Resync,
    patience::patiently,
    watch::{Seen, Watch},
};
use crate::{
    domain::{policy, viewer::Viewer},
    realtime::Occurrence,
};

/// Why something needs attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AttentionReason {
    /// A patient had no answer by when one could be expected, or a case no first answer by when the clinic wants to have given
    /// it: whichever comes first, once.
    AnswerOverdue,
    /// Nobody would be alerted any more of what a patient writes in an open conversation, or was of what they wrote.
    NobodyListens,
    /// A patient wrote urgent words, or as if they wanted no more texts, where nobody would be alerted of it.
    UrgentMessage,
    /// A text came that could not be placed, and it holds urgent words or sounds as if its sender wanted no more texts. It
    /// stands first among `quarantinedTexts`.
    QuarantinedText,
    /// A message did not arrive as a text, and will not. `Message.texts` says why, and how it can be sent all the same.
    TextNotDelivered,
}

impl AttentionReason {
    const fn of(kind: EventKind) -> Option<Self> {
        match kind {
            EventKind::AnswerOverdue => Some(Self::AnswerOverdue),
            EventKind::ConversationUnattended => Some(Self::NobodyListens),
            EventKind::UrgentUnheard => Some(Self::UrgentMessage),
            EventKind::TextNeedsAttention => Some(Self::QuarantinedText),
            // Only what has failed alerts anybody.
            EventKind::TextMoved => Some(Self::TextNotDelivered),
            EventKind::MessagePosted
            | EventKind::NoteAdded
            | EventKind::AttachmentInspected
            | EventKind::ReadCursorMoved
            | EventKind::ConversationChanged
            | EventKind::ParticipantsChanged
            | EventKind::PanelChanged
            | EventKind::PatientAccessChanged
            | EventKind::StaffAccessChanged
            | EventKind::SettingsChanged
            | EventKind::SessionRevoked
            | EventKind::ScheduledMessagesChanged
            | EventKind::ReminderProgressed
            | EventKind::TextingChanged
            | EventKind::CaseChanged
            | EventKind::CaseWorkChanged
            | EventKind::CaseWritten
            | EventKind::ThreadHidden => None,
        }
    }
}

/// Something that needs the viewer's attention before everything else.
#[derive(SimpleObject)]
pub struct AttentionAlert {
    /// The position of the event.
    position: LogPosition,
    /// Why.
    reason: AttentionReason,
    /// When it was found out.
    at: DateTime<Utc>,
    /// Whom it concerns; null where nobody knows, and where the viewer may not open the patient.
    patient: Option<Patient>,
    /// The conversation; null where it is none, and where the viewer may not read it.
    conversation: Option<Conversation>,
}

/// What the subscription `attentionAlerts` gives.
#[derive(Union)]
pub enum AttentionItem {
    /// Something needs attention.
    Alert(Box<AttentionAlert>),
    /// Fetch again.
    Resync(Resync),
}

/// What needs attention.
#[derive(Default)]
pub struct AttentionSubscription;

#[Subscription]
impl AttentionSubscription {
    /// What needs the viewer's attention before everything else, each once: answers that are overdue, for those whose
    /// conversation it is; messages that did not arrive as texts, for who wrote them or stands in for them; and overdue
    /// answers, conversations that nobody listens to and remarkable texts that could not be placed, for the staff members whom
    /// the clinic has named for it, or without any its administrators. For clinicians and administrators.
    async fn attention_alerts(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The position that was seen last: everything since comes first. Without it, only what happens from now on."
        )]
        after: Option<LogPosition>,
    ) -> Result<impl Stream<Item = ApiResult<AttentionItem>> + use<>, ApiError> {
        let mut watch = Box::pin(Watch::open(ctx, Vec::new(), after)).await?;
        policy::record_keeper(&watch.viewer)?;
        Ok(async_stream::try_stream! {
            while let Some(seen) = watch.next().await? {
                match seen {
                    Seen::Resync(resync) => yield AttentionItem::Resync(resync),
                    Seen::Event { occurrence, recheck } => {
                        if recheck {
                            policy::record_keeper(&watch.viewer)?;
                        }
                        if let Some(reason) = concern(&watch.viewer, &occurrence) {
                            let alert = patiently(|| alert(&watch, &occurrence, reason)).await?;
                            yield AttentionItem::Alert(Box::new(alert));
                        }
                    }
                }
            }
        })
    }
}

fn concern(viewer: &Viewer, occurrence: &Occurrence) -> Option<AttentionReason> {
    let Viewer::Staff(staff) = viewer else {
        return None;
    };
    let what = &occurrence.event.what;
    AttentionReason::of(what.kind).filter(|_| what.audience.alerts(staff.id()))
}

/// The alert with the viewer's eyes of now. Two statements.
async fn alert(
    watch: &Watch,
    occurrence: &Occurrence,
    reason: AttentionReason,
) -> ApiResult<AttentionAlert> {
    let event = &occurrence.event;
    let reader = watch.core().store.reader();
    let patient = match event.what.patient {
        Some(id) => {
            let keeper = policy::record_keeper(&watch.viewer)?;
            policy::open_for_called(reader, &keeper, &[id]).await?.pop()
        }
        None => None,
    };
    let conversation = match event.what.conversation {
        Some(id) => readable(watch.open_conversation(id).await)?,
        None => None,
    };
    Ok(AttentionAlert {
        position: watch.position(occurrence),
        reason,
        at: event.at,
        patient: patient.map(|in_view| in_view.into_patient().into()),
        conversation: conversation.map(|in_view| Conversation::alone(in_view, event.position)),
    })
}

/// What is not for the viewer is left out.
fn readable<T>(opened: ApiResult<T>) -> ApiResult<Option<T>> {
    match opened {
        Ok(opened) => Ok(Some(opened)),
        Err(ApiError::NotFound | ApiError::Forbidden(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
