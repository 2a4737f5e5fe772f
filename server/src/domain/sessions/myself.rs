//! Whoever is signed in.

use entity::{patient, staff_member};
use sea_orm::EntityTrait as _;

use crate::domain::{
    core::Core,
    policy::{Denied, open_patient},
    viewer::Viewer,
};

/// The viewer's own record.
#[derive(Clone, Debug)]
pub enum Myself {
    /// Of a staff member.
    Staff(staff_member::Model),
    /// Of a patient.
    Patient(patient::Model),
}

/// The viewer's own record. One statement.
///
/// # Errors
/// [`Denied::NotFound`] when it was removed meanwhile.
pub async fn myself(core: &Core, viewer: &Viewer) -> Result<Myself, Denied> {
    let connection = core.store.reader();
    match viewer {
        Viewer::Staff(staff) => {
            let key = (staff.organization(), staff.id());
            let found = staff_member::Entity::find_by_id(key)
                .one(connection)
                .await?;
            found.map(Myself::Staff).ok_or(Denied::NotFound)
        }
        Viewer::Patient(patient) => {
            let opened = open_patient(connection, viewer, patient.id()).await?;
            Ok(Myself::Patient(opened.into_patient()))
        }
    }
}
