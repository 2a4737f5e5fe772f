//! The inbox, live (LIVE-6): what has moved to its top, and what is new in all of it.

use std::sync::Arc;

use async_graphql::{Context, SimpleObject, Subscription, Union};
use entity::EventKind;
use futures_util::Stream;

use super::{
    super::{
        conversation::Conversation,
        error::{ApiError, ApiResult},
        id::LogPosition,
        inbox::InboxCounts,
    },
    Resync,
    once::Once,
    patience::patiently,
    watch::{Seen, Watch},
};
use crate::{
    domain::{conversations, policy, viewer::Viewer},
    realtime::Occurrence,
};

/// Something has changed in the viewer's inbox.
#[derive(SimpleObject)]
pub struct InboxChanged {
    /// The position of the event.
    position: LogPosition,
    /// The conversation in which it happened, as it is now; null when it was about something else, such as the viewer's
    /// own settings, or the conversation is not within the viewer's reach any more.
    conversation: Option<Conversation>,
    /// What is new in the inbox now.
    counts: InboxCounts,
}

/// What the subscription `inboxChanges` gives.
#[derive(Union)]
pub enum InboxItem {
    /// Something has changed.
    Changed(Box<InboxChanged>),
    /// Fetch again.
    Resync(Resync),
}

/// The inbox.
#[derive(Default)]
pub struct InboxSubscription;

#[Subscription]
impl InboxSubscription {
    /// Changes of the viewer's inbox: messages, notes, own reading, and patients who come and go. For clinicians.
    async fn inbox_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The position that was seen last: everything since comes first. Without it, only what happens from now on."
        )]
        after: Option<LogPosition>,
    ) -> Result<impl Stream<Item = ApiResult<Once<InboxItem>>> + use<>, ApiError> {
        let mut watch = Box::pin(Watch::open(ctx, Vec::new(), after)).await?;
        policy::clinician(&watch.viewer)?;
        Ok(async_stream::try_stream! {
            while let Some(seen) = watch.next().await? {
                match seen {
                    Seen::Resync(resync) => yield Once::Alone(InboxItem::Resync(resync)),
                    Seen::Event { occurrence, .. } => {
                        if concerns(&watch.viewer, &occurrence) {
                            let changed = patiently(|| changed(&watch, &occurrence)).await?;
                            yield Once::Alone(InboxItem::Changed(Box::new(changed)));
                        }
                    }
                }
            }
        })
    }
}

fn concerns(viewer: &Viewer, occurrence: &Occurrence) -> bool {
    let Viewer::Staff(staff) = viewer else {
        return false;
    };
    let what = &occurrence.event.what;
    let person = viewer.person();
    match what.kind {
        EventKind::MessagePosted
        | EventKind::NoteAdded
        | EventKind::ConversationChanged
        | EventKind::CaseChanged
        | EventKind::CaseWorkChanged => what.audience.includes(staff.id()),
        EventKind::ReadCursorMoved | EventKind::ThreadHidden => what.actor == Some(person),
        EventKind::ParticipantsChanged | EventKind::PanelChanged => {
            what.subject == Some(person) || what.audience.includes(staff.id())
        }
        EventKind::PatientAccessChanged => what.audience.includes(staff.id()),
        EventKind::StaffAccessChanged => what.subject == Some(person),
        EventKind::SettingsChanged => true,
        EventKind::AttachmentInspected
        | EventKind::CaseWritten
        | EventKind::TextMoved
        | EventKind::TextingChanged
        | EventKind::SessionRevoked
        | EventKind::AnswerOverdue
        | EventKind::ConversationUnattended
        | EventKind::UrgentUnheard
        | EventKind::TextNeedsAttention
        | EventKind::ScheduledMessagesChanged
        | EventKind::ReminderProgressed => false,
    }
}

/// The change as it stands now: three statements, of which one reads a row for each patient of the viewer.
async fn changed(watch: &Watch, occurrence: &Arc<Occurrence>) -> ApiResult<InboxChanged> {
    let clinician = policy::clinician(&watch.viewer)?;
    let reader = watch.core().store.reader();
    let position = watch.position(occurrence);
    let conversation = match occurrence.event.what.conversation {
        Some(id) => conversations::inbox_entry(reader, &clinician, id)
            .await?
            .map(|entry| Conversation::listed(entry, None, occurrence.event.position)),
        None => None,
    };
    let counts = conversations::inbox_counts(reader, &clinician)
        .await?
        .into();
    Ok(InboxChanged {
        position,
        conversation,
        counts,
    })
}
