//! The inbox as the API shows it.

use async_graphql::{
    ComplexObject, Context, Enum, Object, OutputType, SimpleObject,
    connection::{Connection, ConnectionNameType, EmptyFields},
};

use entity::PersonKind;

use super::{
    context::ContextExt as _,
    conversation::Conversation,
    error::ApiResult,
    id::LogPosition,
    page::{List, Opaque, PageArguments, connection_with},
    rules::ConversationStatus,
};
use crate::domain::{
    conversations::{self, InboxEntry},
    event_log::bounds,
    messages, policy,
};

/// Which conversations an inbox shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "conversations::InboxFilter")]
pub enum InboxFilter {
    /// The viewer's own: of the patients on whose panel they stand, where conversations of the kind are the whole team's
    /// business, and those in which they take part; without those that they have hidden by `hideThread`.
    Mine,
    /// Of these, those that hold messages which the viewer has not seen.
    Unread,
    /// Of all patients whom the viewer may open.
    All,
}

/// What is new for the viewer in their own conversations, as the filter `MINE` shows them. Exact at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct InboxCounts {
    /// Conversations that hold messages which the viewer has not seen.
    pub conversations: i64,
    /// How many messages these are.
    pub messages: i64,
}

impl From<conversations::InboxCounts> for InboxCounts {
    fn from(counts: conversations::InboxCounts) -> Self {
        Self {
            conversations: counts.conversations,
            messages: counts.messages,
        }
    }
}

/// What an inbox has beside its conversations.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct InboxFields {
    /// Where the log stood before the inbox was read. Subscribe with it as `after` and nothing is missed.
    position: LogPosition,
}

#[ComplexObject]
impl InboxFields {
    /// What is new, whatever the filter shows.
    async fn counts(&self, ctx: &Context<'_>) -> ApiResult<InboxCounts> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        Ok(
            conversations::inbox_counts(ctx.core().store.reader(), &clinician)
                .await?
                .into(),
        )
    }
}

/// How the inbox's connection is called.
pub struct InboxName;

impl ConnectionNameType for InboxName {
    fn type_name<T: OutputType>() -> String {
        "InboxConnection".to_owned()
    }
}

/// Queries of the inbox.
#[derive(Default)]
pub struct InboxQuery;

#[Object]
impl InboxQuery {
    /// The viewer's inbox, newest first. For clinicians.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is an argument of the API by itself"
    )]
    async fn inbox(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversations to show; `MINE` when it is left out.")]
        filter: Option<InboxFilter>,
        #[graphql(desc = "Only patients of whose name each of these words begins a word.")] search: Option<String>,
        #[graphql(
            desc = "Only conversations that go on, or only those that have ended; all when it is left out."
        )]
        status: Option<ConversationStatus>,
        #[graphql(
            desc = "Only conversations in which the patient waits for an answer.",
            default
        )]
        waiting: bool,
        #[graphql(
            desc = "Only conversations in which there was no answer by when the patient could expect one.",
            default
        )]
        overdue: bool,
        #[graphql(
            desc = "Only conversations that hold messages with urgent words which the viewer has not seen.",
            default
        )]
        urgent_unread: bool,
        #[graphql(
            desc = "How many from the newest, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the oldest, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, Conversation, InboxFields, EmptyFields, InboxName>> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let organization = clinician.organization();
        let shown = conversations::InboxView {
            filter: filter.unwrap_or(InboxFilter::Mine).into(),
            search,
            status: status.map(Into::into),
            waiting,
            overdue_at: overdue.then(|| ctx.core().clock.now()),
            urgent_unread,
        };
        let list = List {
            name: "inbox",
            owner: clinician.staff().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let reader = ctx.core().store.reader();
        let position = bounds(reader, organization).await?.head;
        let page = conversations::inbox(reader, &clinician, &shown, &slice).await?;
        let ids: Vec<_> = page.items.iter().map(|entry| entry.in_view.id()).collect();
        let side = PersonKind::Staff;
        let latest = messages::latest(reader, organization, &ids, side, ctx.budget()).await?;
        let fields = InboxFields {
            position: LogPosition::new(position, organization),
        };
        Ok(connection_with(
            list,
            page,
            fields,
            InboxEntry::cursor,
            |entry| {
                let latest = latest.get(&entry.in_view.id()).cloned();
                Conversation::listed(entry, latest, position)
            },
        ))
    }
}
