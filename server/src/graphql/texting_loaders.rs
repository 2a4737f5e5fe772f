//! Where patients' enrolments in texting stand, and what they agreed to, loaded together.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entity::{OrganizationId, PatientId, texting_consent};

use super::loaders::{PeopleLoader, by_organization};
use crate::domain::{
    fault::Fault,
    texting::{self, Standing},
};

/// The enrolment in texting of a patient who is in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextingKey(pub OrganizationId, pub PatientId);

/// The ledger of consents to texts of a patient who is in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextingConsentsKey(pub OrganizationId, pub PatientId);

impl Loader<TextingKey> for PeopleLoader {
    type Value = Standing;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[TextingKey],
    ) -> Result<HashMap<TextingKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let found = texting::standings(
                self.core.store.reader(),
                organization,
                self.core.clock.now(),
                ids,
            )
            .await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, standing)| (TextingKey(organization, id), standing)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<TextingConsentsKey> for PeopleLoader {
    type Value = Vec<texting_consent::Model>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[TextingConsentsKey],
    ) -> Result<HashMap<TextingConsentsKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let found = texting::ledger(self.core.store.reader(), organization, ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, entries)| (TextingConsentsKey(organization, id), entries)),
            );
        }
        Ok(loaded)
    }
}
