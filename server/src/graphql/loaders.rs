//! What lists of people show of each person, loaded together: one statement for a field, however long the list is.
//!
//! Keys name the tenant, because elements of several requests may be loaded at once. They are made only of people whom the
//! viewer has been shown.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    sync::Arc,
};

use async_graphql::{Context, dataloader::Loader};
use entity::{
    MessageTemplateId, OrganizationId, PatientId, StaffId, audience_group, consent,
    message_template_text, patient, program, staff_member,
};
use uuid::Uuid;

use super::{error::ApiResult, together::Together};
use crate::domain::{
    core::Core,
    fault::Fault,
    groups,
    invitations::consents_of,
    panel::{self, Member},
    people::{access, patients, staff},
    programs, templates,
};

/// Loads what belongs to several people in one statement.
pub struct PeopleLoader {
    pub(super) core: Core,
}

impl PeopleLoader {
    /// A loader for one schema.
    pub fn new(core: Core) -> Together<Self> {
        Together::new(Self { core })
    }
}

/// A staff member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StaffKey(pub OrganizationId, pub StaffId);

/// The panel of a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PanelKey(pub OrganizationId, pub PatientId);

/// The programs of a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProgramsKey(pub OrganizationId, pub PatientId);

/// The programs that a staff member is restricted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RestrictionsKey(pub OrganizationId, pub StaffId);

/// The groups of a patient or staff member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupsKey(pub OrganizationId, pub Uuid);

/// The consents of a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConsentsKey(pub OrganizationId, pub PatientId);

/// The patient of a conversation that the viewer may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OwnerKey(pub OrganizationId, pub PatientId);

/// The current texts of a message template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TemplateTextsKey(pub OrganizationId, pub MessageTemplateId);

/// Loads what a key names; nothing for what is not there.
///
/// # Errors
/// Any failure of the database.
pub async fn load<K>(
    ctx: &Context<'_>,
    key: K,
) -> ApiResult<Option<<PeopleLoader as Loader<K>>::Value>>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    PeopleLoader: Loader<K, Error = Arc<Fault>>,
{
    let people = ctx.data_unchecked::<Together<PeopleLoader>>();
    Ok(people.load(key).await?)
}

/// The ids of several keys, for each tenant.
pub(super) fn by_organization<K: Copy, I>(
    keys: &[K],
    parts: impl Fn(K) -> (OrganizationId, I),
) -> HashMap<OrganizationId, Vec<I>> {
    let mut sorted: HashMap<OrganizationId, Vec<I>> = HashMap::new();
    for key in keys {
        let (organization, id) = parts(*key);
        sorted.entry(organization).or_default().push(id);
    }
    sorted
}

impl Loader<StaffKey> for PeopleLoader {
    type Value = Arc<staff_member::Model>;
    type Error = Arc<Fault>;

    async fn load(&self, keys: &[StaffKey]) -> Result<HashMap<StaffKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let members = staff::by_ids(self.core.store.reader(), organization, ids).await?;
            loaded.extend(
                members
                    .into_iter()
                    .map(|member| (StaffKey(organization, member.id), member)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<PanelKey> for PeopleLoader {
    type Value = Arc<[Member]>;
    type Error = Arc<Fault>;

    async fn load(&self, keys: &[PanelKey]) -> Result<HashMap<PanelKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let ids: BTreeSet<_> = ids.into_iter().collect();
            let panels = panel::of_patients(self.core.store.reader(), organization, &ids).await?;
            loaded.extend(
                panels
                    .into_iter()
                    .map(|(id, panel)| (PanelKey(organization, id), panel.0.into())),
            );
        }
        Ok(loaded)
    }
}

impl Loader<OwnerKey> for PeopleLoader {
    type Value = Arc<patient::Model>;
    type Error = Arc<Fault>;

    async fn load(&self, keys: &[OwnerKey]) -> Result<HashMap<OwnerKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let reader = self.core.store.reader();
            let found = patients::by_ids(reader, organization, ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|patient| (OwnerKey(organization, patient.id), Arc::new(patient))),
            );
        }
        Ok(loaded)
    }
}

impl Loader<ProgramsKey> for PeopleLoader {
    type Value = Vec<program::Model>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[ProgramsKey],
    ) -> Result<HashMap<ProgramsKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let found = programs::of_patients(self.core.store.reader(), organization, ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, programs)| (ProgramsKey(organization, id), programs)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<ConsentsKey> for PeopleLoader {
    type Value = Vec<consent::Model>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[ConsentsKey],
    ) -> Result<HashMap<ConsentsKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let found = consents_of(self.core.store.reader(), organization, ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, consents)| (ConsentsKey(organization, id), consents)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<RestrictionsKey> for PeopleLoader {
    type Value = Vec<program::Model>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[RestrictionsKey],
    ) -> Result<HashMap<RestrictionsKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let found = access::restrictions(self.core.store.reader(), organization, ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, programs)| (RestrictionsKey(organization, id), programs)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<GroupsKey> for PeopleLoader {
    type Value = Vec<audience_group::Model>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[GroupsKey],
    ) -> Result<HashMap<GroupsKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let found = groups::of_members(self.core.store.reader(), organization, ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, groups)| (GroupsKey(organization, id), groups)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<TemplateTextsKey> for PeopleLoader {
    type Value = Vec<message_template_text::Model>;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[TemplateTextsKey],
    ) -> Result<HashMap<TemplateTextsKey, Self::Value>, Self::Error> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (organization, ids) in by_organization(keys, |key| (key.0, key.1)) {
            let reader = self.core.store.reader();
            let found = templates::current_texts(reader, organization, ids).await?;
            loaded.extend(
                found
                    .into_iter()
                    .map(|(id, texts)| (TemplateTextsKey(organization, id), texts)),
            );
        }
        Ok(loaded)
    }
}
