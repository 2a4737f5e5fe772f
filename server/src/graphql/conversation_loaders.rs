//! What lists of conversations show of each, loaded together: one statement for a field, however long the list is.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entity::{ConversationId, OrganizationId, PersonKind, participant};

use super::loaders::{PeopleLoader, by_organization};
use crate::domain::{
    conversations::{self, CursorView},
    fault::Fault,
    policy::ReceiptsInView,
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
