//! Typing and presence, live (LIVE-8).

use std::time::Duration;

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
    domain::{core::Core, policy},
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
    /// Who else types in a conversation or has it open. Patients are told of typing only. It ends when the viewer's access
    /// ends.
    async fn conversation_signals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation's id.")] conversation_id: ID,
    ) -> Result<impl Stream<Item = ApiResult<ConversationSignal>> + use<>, ApiError> {
        let viewer = ctx.viewer().await?;
        let id = read_id(ConversationId::from_public, &conversation_id)?;
        let in_view = policy::read_conversation(ctx.core().store.reader(), &viewer, id).await?;
        let staff = in_view.shows_notes();
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
                    patiently(|| check(&core, &caller, id)).await?;
                }
                match heard.map(|(person, kind)| (person, activity(kind))) {
                    Some((person, activity @ (Activity::Typing | Activity::StoppedTyping))) => {
                        yield signal(person, activity);
                    }
                    Some((person, activity @ (Activity::Present | Activity::Left))) => {
                        if staff {
                            yield signal(person, activity);
                        }
                    }
                    None => {
                        signals.stay();
                        stay = Instant::now() + STAY;
                    }
                }
            }
        })
    }
}

/// Fails when the conversation does not exist any more for the caller.
async fn check(core: &Core, caller: &Caller, id: ConversationId) -> ApiResult<()> {
    let viewer = caller.viewer_again(core).await?;
    policy::read_conversation(core.store.reader(), &viewer, id).await?;
    Ok(())
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
