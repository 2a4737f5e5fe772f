//! A feed with the eyes of a viewer: access is checked again whenever it may have changed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_graphql::Context;
use entity::ConversationId;

use super::super::{
    context::{Caller, ContextExt as _},
    error::{ApiError, ApiResult},
    id::LogPosition,
};
use super::patience::{Patience, patiently};
use crate::{
    domain::{
        core::Core,
        event_log::Position,
        policy::{self, ConversationInView},
        viewer::Viewer,
    },
    realtime::{Content, Feed, Item, Occurrence, Topic},
};

/// The most conversations of which it is remembered whether the viewer reaches them.
const MOST_REMEMBERED: usize = 256;

/// A viewer's feed.
pub struct Watch {
    pub viewer: Arc<Viewer>,
    caller: Caller,
    feed: Feed,
    reach: Mutex<Reach>,
}

/// Which conversations the viewer was found to reach since access changed last: whoever catches up on many messages of one
/// conversation has it looked up once.
#[derive(Default)]
struct Reach {
    since: Option<Position>,
    found: HashMap<ConversationId, bool>,
}

impl Reach {
    /// What is still true of a conversation when access changed last at `since`.
    fn recall(&mut self, since: Option<Position>, conversation: ConversationId) -> Option<bool> {
        if self.since != since || self.found.len() >= MOST_REMEMBERED {
            self.since = since;
            self.found.clear();
        }
        self.found.get(&conversation).copied()
    }
}

/// What a watch gives.
pub enum Seen {
    /// An event, and whether access may have changed since the last one.
    Event {
        /// The event.
        occurrence: Arc<Occurrence>,
        /// The viewer was loaded again; what else access depends on must be checked too.
        recheck: bool,
    },
    /// The log cannot tell what was missed.
    Resync(super::Resync),
}

impl Watch {
    /// Opens a feed of `topics`, and of what may take the viewer's access away.
    pub async fn open(
        ctx: &Context<'_>,
        mut topics: Vec<Topic>,
        after: Option<LogPosition>,
    ) -> ApiResult<Self> {
        let viewer = Box::pin(ctx.viewer()).await?;
        let organization = viewer.organization();
        let after = after.map(|after| after.read(organization)).transpose()?;
        topics.extend([Topic::Person(viewer.person()), Topic::Everybody]);
        let feed = Feed::open(ctx.realtime(), organization, topics, after).await?;
        Ok(Self {
            viewer,
            caller: ctx.caller().clone(),
            feed,
            reach: Mutex::default(),
        })
    }

    /// The domain's surroundings.
    pub fn core(&self) -> &Core {
        self.feed.core()
    }

    /// The next item; none when the node stops. When access may have changed, the viewer is loaded again, for the caller and
    /// so for every resolver of what is given from now on.
    ///
    /// # Errors
    /// [`ApiError::Unauthenticated`] when the session has ended meanwhile, or the database is gone for long.
    pub async fn next(&mut self) -> ApiResult<Option<Seen>> {
        let mut patience = Patience::default();
        let item = loop {
            match self.feed.next().await {
                Ok(item) => break item,
                Err(fault) => patience.after(fault.into()).await?,
            }
        };
        match item {
            None => Ok(None),
            Some(Item::Resync { position, reason }) => Ok(Some(Seen::Resync(super::Resync::new(
                position,
                reason,
                self.viewer.organization(),
            )))),
            Some(Item::Occurrence(occurrence)) => {
                let recheck = self.feed.must_check();
                if recheck {
                    self.viewer = patiently(|| self.caller.viewer_again(self.core())).await?;
                }
                Ok(Some(Seen::Event {
                    occurrence,
                    recheck,
                }))
            }
        }
    }

    /// Opens a conversation with the viewer's eyes of now.
    ///
    /// # Errors
    /// As [`policy::read_conversation`].
    pub async fn open_conversation(&self, id: ConversationId) -> ApiResult<ConversationInView> {
        let reader = self.core().store.reader();
        Ok(policy::read_conversation(reader, &self.viewer, id).await?)
    }

    /// Whether the conversation of an event still exists for the viewer. The audience of an event tells, unless access has
    /// changed since, or just before.
    ///
    /// # Errors
    /// Any failure of the database.
    pub async fn still_reaches(
        &self,
        occurrence: &Occurrence,
        conversation: ConversationId,
    ) -> ApiResult<bool> {
        match &*self.viewer {
            Viewer::Staff(staff) if self.feed.is_outdated(occurrence) => {
                // Of when the viewer was loaded: what changes from then on is found at the next event.
                let since = self.feed.checked();
                if let Some(found) = self.reach().recall(since, conversation) {
                    return Ok(found);
                }
                let reader = self.core().store.reader();
                let found = policy::conversation_in_reach(reader, staff, conversation).await?;
                self.reach().found.insert(conversation, found);
                Ok(found)
            }
            Viewer::Staff(_) | Viewer::Patient(_) => Ok(true),
        }
    }

    fn reach(&self) -> MutexGuard<'_, Reach> {
        self.reach.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The content of an event's batch.
    ///
    /// # Errors
    /// Any failure of the database.
    pub async fn content(&self, occurrence: &Occurrence) -> ApiResult<Content> {
        occurrence
            .content(self.core())
            .await
            .map_err(ApiError::from)
    }

    /// The client's form of an event's position.
    pub fn position(&self, occurrence: &Occurrence) -> LogPosition {
        LogPosition::new(occurrence.event.position, self.viewer.organization())
    }
}
