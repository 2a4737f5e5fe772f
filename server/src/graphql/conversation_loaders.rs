//! What lists of conversations show of each, loaded together: one statement for a field, however long the list is.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, dataloader::Loader};
use entity::{
    ConversationId, OrganizationId, PersonId, PersonKind, StaffId, answer_mark, participant,
};

use super::{
    answers::AnswerMark,
    context::ContextExt as _,
    error::ApiResult,
    loaders::{PeopleLoader, by_organization, load},
};
use crate::domain::{
    answers,
    conversations::{self, CursorView},
    fault::Fault,
    policy::{ConversationInView, ReceiptsInView},
};

/// The participants of a conversation that the viewer may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConversationKey(pub OrganizationId, pub ConversationId);

/// How far those of one side have read a conversation, where the viewer may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReceiptsKey(OrganizationId, ConversationId, PersonKind);

impl ReceiptsKey {
    /// What was found to be shown.
    pub fn of(readable: &ReceiptsInView<'_>) -> Self {
        let in_view = readable.conversation();
        Self(in_view.organization(), in_view.id(), readable.side())
    }
}

/// What was said last of a conversation by whoever marked it answered, for staff who may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AnswerMarkKey(OrganizationId, ConversationId);

/// Whether a conversation holds urgent messages that a staff member has not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UrgentKey(OrganizationId, ConversationId, StaffId);

/// How many messages of one conversation its reader has not seen. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn unread(ctx: &Context<'_>, in_view: &ConversationInView) -> ApiResult<i64> {
    let (connection, id) = (ctx.core().store.reader(), in_view.id());
    let (organization, reader) = (in_view.organization(), in_view.reader());
    let counts = conversations::unread_after(connection, organization, &[id], &[reader]).await?;
    Ok(counts.get(&(id, reader)).copied().unwrap_or_default().0)
}

/// Whether a conversation holds urgent messages that its reader has not seen; patients are not told.
///
/// # Errors
/// Any failure of the database.
pub async fn urgent_unread(ctx: &Context<'_>, in_view: &ConversationInView) -> ApiResult<bool> {
    let PersonId::Staff(staff) = in_view.reader() else {
        return Ok(false);
    };
    let key = UrgentKey(in_view.organization(), in_view.id(), staff);
    Ok(load(ctx, key).await?.unwrap_or_default())
}

/// What was said last of a conversation; patients are not told.
///
/// # Errors
/// Any failure of the database.
pub async fn answer_mark(
    ctx: &Context<'_>,
    in_view: &ConversationInView,
) -> ApiResult<Option<AnswerMark>> {
    if !in_view.shows_notes() {
        return Ok(None);
    }
    let key = AnswerMarkKey(in_view.organization(), in_view.id());
    Ok(load(ctx, key).await?.map(AnswerMark))
}

impl Loader<AnswerMarkKey> for PeopleLoader {
    type Value = answer_mark::Model;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[AnswerMarkKey],
    ) -> Result<HashMap<AnswerMarkKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let reader = self.core.store.reader();
            let found = answers::answer_marks(reader, organization, &ids).await?;
            let found = found.into_iter();
            loaded.extend(found.map(|(id, mark)| (AnswerMarkKey(organization, id), mark)));
        }
        Ok(loaded)
    }
}

impl Loader<UrgentKey> for PeopleLoader {
    type Value = bool;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[UrgentKey],
    ) -> Result<HashMap<UrgentKey, Self::Value>, Self::Error> {
        let mut wanted: HashMap<_, Vec<_>> = HashMap::new();
        for UrgentKey(organization, conversation, staff) in keys {
            let ids = wanted.entry((*organization, *staff)).or_default();
            ids.push(*conversation);
        }
        let mut loaded = HashMap::with_capacity(keys.len());
        for ((organization, staff), ids) in wanted {
            let reader = self.core.store.reader();
            let found = conversations::urgent_unread(reader, organization, staff, &ids).await?;
            let found = found.into_iter();
            loaded.extend(found.map(|id| (UrgentKey(organization, id, staff), true)));
        }
        Ok(loaded)
    }
}

impl Loader<ConversationKey> for PeopleLoader {
    type Value = Vec<participant::Model>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[ConversationKey],
    ) -> Result<HashMap<ConversationKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let reader = self.core.store.reader();
            let found = conversations::participants(reader, organization, &ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, participants)| (ConversationKey(organization, id), participants)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<ReceiptsKey> for PeopleLoader {
    type Value = Vec<CursorView>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[ReceiptsKey],
    ) -> Result<HashMap<ReceiptsKey, Self::Value>, Self::Error> {
        let mut wanted: HashMap<_, Vec<_>> = HashMap::new();
        for ReceiptsKey(organization, conversation, side) in keys {
            let ids = wanted.entry((*organization, *side)).or_default();
            ids.push(*conversation);
        }
        let mut loaded = HashMap::with_capacity(keys.len());
        for ((organization, side), ids) in wanted {
            let reader = self.core.store.reader();
            let found = conversations::receipts(reader, organization, side, &ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, cursors)| (ReceiptsKey(organization, id, side), cursors)),
            );
        }
        Ok(loaded)
    }
}
