//! Patients: their records, contact details, programs and enrolment.

mod create;
mod enrolment;
mod list;
mod update;

pub use create::{NewPatient, create};
pub use enrolment::{end_enrolment, set_programs};
pub(in crate::domain) use list::audience;
pub use list::{PatientFilter, Reach, page};
pub use update::{ContactChanges, PatientChanges, update, update_contact_details};

use entity::{OrganizationId, PatientId, patient};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};

use super::values::{Wrong, takes_refusals};
use crate::domain::{event_log::Change, fault::Fault, panel::PanelError, policy::Denied};

/// Why a patient's record was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PatientError {
    /// Values that cannot be taken.
    #[error("values cannot be taken")]
    Invalid(Vec<Wrong>),
    /// Only active clinicians can join a care team.
    #[error("only active clinicians can join a care team")]
    NotClinician,
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

takes_refusals!(PatientError);

impl From<PanelError> for PatientError {
    fn from(error: PanelError) -> Self {
        match error {
            PanelError::NotClinician => Self::NotClinician,
            PanelError::Denied(denied) => Self::Denied(denied),
        }
    }
}

/// Patients by their ids, for whoever was already found to be allowed to see them; those of other organizations are left
/// out. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn by_ids(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    ids: impl IntoIterator<Item = PatientId>,
) -> Result<Vec<patient::Model>, Fault> {
    Ok(patient::Entity::find()
        .filter(patient::Column::OrganizationId.eq(organization))
        .filter(patient::Column::Id.is_in(ids))
        .all(connection)
        .await?)
}

/// Reads a patient and holds their row until the commit. One statement.
async fn lock(change: &Change, id: PatientId) -> Result<patient::Model, Denied> {
    patient::Entity::find_by_id((change.organization(), id))
        .lock_exclusive()
        .one(change.tx())
        .await?
        .ok_or(Denied::NotFound)
}
