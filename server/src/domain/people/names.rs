//! What people are called in lists that administrators read.

use std::collections::{BTreeSet, HashMap};

use entity::{PersonId, PersonName, patient, staff_member};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};

use crate::domain::{
    policy::{self, Denied},
    viewer::StaffViewer,
};

/// The names of people of the viewer's clinic: of all staff members, and of those patients who exist for the viewer (PEO-6).
/// Three statements.
///
/// # Errors
/// [`Denied::Fault`] only.
pub(in crate::domain) async fn names(
    connection: &impl ConnectionTrait,
    viewer: &StaffViewer,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<HashMap<PersonId, PersonName>, Denied> {
    let (mut staff, mut patients) = (BTreeSet::new(), BTreeSet::new());
    for person in people {
        match person {
            PersonId::Staff(id) => staff.insert(id),
            PersonId::Patient(id) => patients.insert(id),
        };
    }
    let patients = policy::in_reach(connection, viewer, &patients).await?;
    let mut names = HashMap::new();
    for member in staff_member::Entity::find()
        .filter(staff_member::Column::OrganizationId.eq(viewer.organization()))
        .filter(staff_member::Column::Id.is_in(staff))
        .all(connection)
        .await?
    {
        names.insert(PersonId::Staff(member.id), member.name);
    }
    for patient in patient::Entity::find()
        .filter(patient::Column::OrganizationId.eq(viewer.organization()))
        .filter(patient::Column::Id.is_in(patients))
        .all(connection)
        .await?
    {
        names.insert(PersonId::Patient(patient.id), patient.name);
    }
    Ok(names)
}
