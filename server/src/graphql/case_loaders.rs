//! What lists of conversations and cases show of each case, loaded together.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entity::{ConversationId, OrganizationId, PersonId, StaffId};

use super::loaders::{PeopleLoader, by_organization};
use crate::domain::{
    cases::{self, CaseMove, CaseView},
    fault::Fault,
    policy::ConversationInView,
};

/// The case of a conversation, as its reader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CaseKey(OrganizationId, ConversationId, PersonId);

impl CaseKey {
    /// Of a conversation that the reader may open.
    pub fn of(in_view: &ConversationInView) -> Self {
        Self(in_view.organization(), in_view.id(), in_view.reader())
    }
}

/// What was changed of a case that the viewer may work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CaseHistoryKey(pub OrganizationId, pub ConversationId);

/// Who brought what a case began with, of a conversation that the viewer may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BroughtKey(pub OrganizationId, pub ConversationId);

impl Loader<BroughtKey> for PeopleLoader {
    type Value = StaffId;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[BroughtKey],
    ) -> Result<HashMap<BroughtKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let reader = self.core.store.reader();
            let found = cases::brought_by(reader, organization, &ids).await?;
            let found = found.into_iter();
            loaded.extend(found.map(|(id, staff)| (BroughtKey(organization, id), staff)));
        }
        Ok(loaded)
    }
}

impl Loader<CaseKey> for PeopleLoader {
    type Value = Arc<CaseView>;
    type Error = Arc<Fault>;

    async fn load(&self, keys: &[CaseKey]) -> Result<HashMap<CaseKey, Self::Value>, Self::Error> {
        let mut wanted: HashMap<_, Vec<_>> = HashMap::new();
        for CaseKey(organization, conversation, reader) in keys {
            let ids = wanted.entry((*organization, *reader)).or_default();
            ids.push(*conversation);
        }
        let mut loaded = HashMap::with_capacity(keys.len());
        for ((organization, reader), ids) in wanted {
            let (connection, now) = (self.core.store.reader(), self.core.clock.now());
            let found = cases::cases(connection, now, (organization, reader), &ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, view)| (CaseKey(organization, id, reader), Arc::new(view))),
            );
        }
        Ok(loaded)
    }
}

impl Loader<CaseHistoryKey> for PeopleLoader {
    type Value = Vec<CaseMove>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[CaseHistoryKey],
    ) -> Result<HashMap<CaseHistoryKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let reader = self.core.store.reader();
            let found = cases::histories(reader, organization, &ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, moves)| (CaseHistoryKey(organization, id), moves)),
            );
        }
        Ok(loaded)
    }
}
