//! Typing and presence, live (LIVE-8).

use std::{sync::Arc, time::Duration};

use async_graphql::{Context, Enum, ID, SimpleObject, Subscription};
use entity::{ConversationId, PersonId};
use futures_util::Stream;
use tokio::time::{Instant, sleep_until};

use super::{
    super::{
        context::{Caller, ContextExt as _},
        error::{ApiError, ApiResult},
        id::read_id,
        message::PersonKind,
    },
    patience::patiently,
};
use crate::{
    domain::{
        core::Core,
        policy::{self, ConversationInView},
        viewer::Viewer,
    },
    realtime,
};

/// How often a subscriber tells the others that it is still here.
const STAY: Duration = Duration::from_secs(30);

/// What a person does in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Activity {
    /// Types a message. It ends with `STOPPED_TYPING`, or when nothing was heard for ten seconds.
    Typing,
    /// Has stopped typing.
    StoppedTyping,
    /// Has the conversation open. It is repeated every 30 seconds; who was not heard of for 60 seconds is gone.
    Present,
    /// Has closed it.
    Left,
}

/// Somebody does something in the conversation. Nothing of this is stored, and it may be lost.
#[derive(SimpleObject)]
pub struct ConversationSignal {
    /// The id of the staff member or patient.
    person_id: ID,
    /// Which kind of person it is.
    person_kind: PersonKind,
    /// What they do.
    activity: Activity,
}

/// Typing and presence.
#[derive(Default)]
pub struct SignalSubscription;

#[Subscription]
impl SignalSubscription {
    /// Who else types in a conversation or has it open. Patients are told of typing only; staff are told that a patient has
    /// open what only the clinic begins, such as an announcement, where the clinic shows them receipts. It ends when the
    /// viewer's access ends.
    async fn conversation_signals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation's id.")] conversation_id: ID,
    ) -> Result<impl Stream<Item = ApiResult<ConversationSignal>> + use<>, ApiError> {
        let id = read_id(ConversationId::from_public, &conversation_id)?;
        let mut viewer = ctx.viewer().await?;
        let mut in_view = policy::read_conversation(ctx.core().store.reader(), &viewer, id).await?;
        let mut signals = ctx
            .realtime()
            .signals(in_view.organization(), id, in_view.reader());
        let (core, caller) = (ctx.core().clone(), ctx.caller().clone());
        Ok(async_stream::try_stream! {
            let mut stay = Instant::now() + STAY;
            loop {
                let heard = tokio::select! {
                    heard = signals.next() => Some(heard),
                    () = sleep_until(stay) => None,
                };
                if heard.is_none() || signals.must_check() {
                    (viewer, in_view) = patiently(|| open(&core, &caller, id)).await?;
                }
                if let Some((person, kind)) = heard {
                    let activity = activity(kind);
                    let typing = matches!(activity, Activity::Typing | Activity::StoppedTyping);
                    if policy::shows_activity(&viewer, &in_view, person.kind(), typing) {
                        yield signal(person, activity);
                    }
                } else {
                    signals.stay();
                    stay = Instant::now() + STAY;
                }
            }
        })
    }
}

/// The conversation as the caller sees it now; fails when it does not exist for them any more.
async fn open(
    core: &Core,
    caller: &Caller,
    id: ConversationId,
) -> ApiResult<(Arc<Viewer>, ConversationInView)> {
    let viewer = caller.viewer_again(core).await?;
    let in_view = policy::read_conversation(core.store.reader(), &viewer, id).await?;
    Ok((viewer, in_view))
}

fn signal(person: PersonId, activity: Activity) -> ConversationSignal {
    let person_id = match person {
        PersonId::Staff(id) => id.to_public(),
        PersonId::Patient(id) => id.to_public(),
    };
    ConversationSignal {
        person_id: ID(person_id),
        person_kind: person.kind().into(),
        activity,
    }
}

fn activity(kind: realtime::SignalKind) -> Activity {
    match kind {
        realtime::SignalKind::Typing => Activity::Typing,
        realtime::SignalKind::StoppedTyping => Activity::StoppedTyping,
        realtime::SignalKind::Came | realtime::SignalKind::Here => Activity::Present,
        realtime::SignalKind::Left => Activity::Left,
    }
}
