//! Subscriptions on the event log: alerts, conversations, the inbox, typing.
//!
//! Each takes `after` and gives positions. Whoever continues after the position that they saw last gets everything since,
//! in order, each exactly once, on whichever node. A database that is gone for a moment is waited for; see [`patience`].

mod alerts;
mod alike;
mod attention;
mod cases;
mod conversation;
mod conversation_change;
mod inbox;
mod message_change;
mod once;
mod patience;
mod reminder;
mod signals;
mod texting;
mod watch;

use async_graphql::{Enum, MergedSubscription, SimpleObject};
use entity::OrganizationId;

use super::id::LogPosition;
use crate::{domain::event_log::Position, realtime};

/// What can be watched.
#[derive(MergedSubscription, Default)]
pub struct Subscription(
    alerts::AlertSubscription,
    attention::AttentionSubscription,
    cases::CaseSubscription,
    conversation::ConversationSubscription,
    inbox::InboxSubscription,
    reminder::ReminderSubscription,
    signals::SignalSubscription,
    texting::TextingSubscription,
);

/// The subscriptions that many hold and that give [`once::Once`]: what they select of an event is kept once for all who
/// select the same.
pub const KEPT: &[&str] = &["messageAlerts", "conversationEvents", "inboxChanges"];

/// Why everything must be fetched again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "realtime::ResyncReason")]
pub enum ResyncReason {
    /// The events after the given position are older than the clinic keeps them.
    Pruned,
    /// The given position is ahead of the log, as after the server was restored from a backup.
    AheadOfLog,
}

/// The log cannot tell what was missed. Fetch again what you show; this subscription goes on after `position`.
#[derive(SimpleObject)]
pub struct Resync {
    /// Nothing is missed from here on.
    position: LogPosition,
    /// Why.
    reason: ResyncReason,
}

impl Resync {
    fn new(
        position: Position,
        reason: realtime::ResyncReason,
        organization: OrganizationId,
    ) -> Self {
        Self {
            position: LogPosition::new(position, organization),
            reason: reason.into(),
        }
    }
}
