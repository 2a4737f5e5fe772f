//! What lists show of templates and of what was sent from them, loaded together.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entity::{
    MessageTemplateId, OrganizationId, PatientId, message_template, patient_template, template_use,
};

use super::loaders::{PeopleLoader, by_organization};
use crate::domain::{fault::Fault, templates};

/// A message template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TemplateKey(pub OrganizationId, pub MessageTemplateId);

/// What a patient got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HistoryKey(pub OrganizationId, pub PatientId);

/// How often a message template was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UseKey(pub OrganizationId, pub MessageTemplateId);

impl Loader<TemplateKey> for PeopleLoader {
    type Value = Arc<message_template::Model>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[TemplateKey],
    ) -> Result<HashMap<TemplateKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let found = templates::by_ids(self.core.store.reader(), organization, ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|found| (TemplateKey(organization, found.id), Arc::new(found))),
            );
        }
        Ok(loaded)
    }
}

impl Loader<HistoryKey> for PeopleLoader {
    type Value = Vec<patient_template::Model>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[HistoryKey],
    ) -> Result<HashMap<HistoryKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let reader = self.core.store.reader();
            let found = templates::histories(reader, organization, ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, history)| (HistoryKey(organization, id), history)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<UseKey> for PeopleLoader {
    type Value = template_use::Model;
    type Error = Arc<Fault>;

    async fn load(&self, keys: &[UseKey]) -> Result<HashMap<UseKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let found = templates::uses(self.core.store.reader(), organization, ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, row)| (UseKey(organization, id), row)),
            );
        }
        Ok(loaded)
    }
}
