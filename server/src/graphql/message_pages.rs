//! Pages of messages of several conversations at once, so that a list of conversations costs one statement for them.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, dataloader::Loader};
use entity::{ConversationId, OrganizationId, PersonKind};

use super::{
    context::ContextExt as _,
    error::ApiResult,
    message::Message,
    page::{List, PageArguments},
    together::Together,
};
use crate::domain::{
    budget::Budget,
    core::Core,
    messages::{self, MessageView, ReadError},
    page::{Page, Slice},
    policy::ConversationInView,
};

/// Loads the same page of several conversations in one statement.
pub struct PageLoader {
    core: Core,
}

impl PageLoader {
    /// A loader for one schema.
    pub fn new(core: Core) -> Together<Self> {
        Together::new(Self { core })
    }
}

/// A page of one conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageKey {
    /// The tenant.
    pub organization: OrganizationId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Who looks.
    pub side: PersonKind,
    /// Which part of its messages.
    pub slice: Slice<i64>,
    /// Of the answer that they are for.
    pub budget: Budget,
}

/// A page of one conversation of many, loaded together with those of the others.
///
/// # Errors
/// See [`ReadError`].
pub async fn page_of_listed(
    ctx: &Context<'_>,
    in_view: &ConversationInView,
    slice: Slice<i64>,
) -> ApiResult<Page<MessageView>> {
    let key = PageKey {
        organization: in_view.organization(),
        conversation: in_view.id(),
        side: in_view.reader().kind(),
        slice,
        budget: ctx.budget().clone(),
    };
    let loader = ctx.data_unchecked::<Together<PageLoader>>();
    Ok(loader.load(key).await?.unwrap_or_default())
}

/// The newest message of one conversation by itself. One statement.
///
/// # Errors
/// See [`ReadError`].
pub async fn newest(
    ctx: &Context<'_>,
    in_view: &ConversationInView,
    list: List,
) -> ApiResult<Option<Message>> {
    let last = PageArguments {
        last: Some(1),
        ..PageArguments::default()
    };
    let slice = last.slice(list)?;
    let reader = ctx.core().store.reader();
    let mut page = messages::page(reader, in_view, &slice, ctx.budget()).await?;
    Ok(page.items.pop().map(|view| Message(Arc::new(view))))
}

impl Loader<PageKey> for PageLoader {
    type Value = Page<MessageView>;
    type Error = ReadError;

    #[expect(
        clippy::mutable_key_type,
        reason = "budgets are told apart by identity"
    )]
    async fn load(&self, keys: &[PageKey]) -> Result<HashMap<PageKey, Self::Value>, Self::Error> {
        let mut alike: HashMap<
            (OrganizationId, PersonKind, &Slice<i64>, &Budget),
            Vec<ConversationId>,
        > = HashMap::new();
        for key in keys {
            alike
                .entry((key.organization, key.side, &key.slice, &key.budget))
                .or_default()
                .push(key.conversation);
        }
        let mut loaded = HashMap::with_capacity(keys.len());
        for ((organization, side, slice, budget), conversations) in alike {
            let pages = messages::pages(
                self.core.store.reader(),
                organization,
                &conversations,
                side,
                slice,
                budget,
            )
            .await?;
            loaded.extend(pages.into_iter().map(|(conversation, page)| {
                (
                    PageKey {
                        organization,
                        conversation,
                        side,
                        slice: slice.clone(),
                        budget: budget.clone(),
                    },
                    page,
                )
            }));
        }
        Ok(loaded)
    }
}
