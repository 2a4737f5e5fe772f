//! What lists show of scheduled messages, loaded together.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entity::{OrganizationId, ScheduledMessageId, staff_member};

use super::loaders::{PeopleLoader, by_organization};
use crate::domain::{
    fault::Fault,
    scheduled::{self, ScheduledFile},
};

/// The staff members to whom a scheduled message is addressed that the viewer may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressedKey(pub OrganizationId, pub ScheduledMessageId);

/// The files of a scheduled message that the viewer may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScheduledFilesKey(pub OrganizationId, pub ScheduledMessageId);

impl Loader<AddressedKey> for PeopleLoader {
    type Value = Vec<Arc<staff_member::Model>>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[AddressedKey],
    ) -> Result<HashMap<AddressedKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let reader = self.core.store.reader();
            let found = scheduled::recipients_of(reader, organization, &ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, members)| (AddressedKey(organization, id), members)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<ScheduledFilesKey> for PeopleLoader {
    type Value = Vec<ScheduledFile>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[ScheduledFilesKey],
    ) -> Result<HashMap<ScheduledFilesKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let reader = self.core.store.reader();
            let found = scheduled::files_of(reader, organization, &ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, files)| (ScheduledFilesKey(organization, id), files)),
            );
        }
        Ok(loaded)
    }
}
