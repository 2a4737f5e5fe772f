//! The consents that patients gave.

use std::collections::HashMap;

use entity::{OrganizationId, PatientId, consent};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};

use crate::domain::fault::Fault;

/// The consents of several patients, the newest first. Patients without any are left out. One statement.
///
/// A patient consents once with each enrolment, so there are few. The caller has seen to it that the patients are in
/// the viewer's view.
///
/// # Errors
/// Any failure of the database.
pub async fn consents_of(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    patients: impl IntoIterator<Item = PatientId>,
) -> Result<HashMap<PatientId, Vec<consent::Model>>, Fault> {
    let rows = consent::Entity::find()
        .filter(consent::Column::OrganizationId.eq(organization))
        .filter(consent::Column::PatientId.is_in(patients))
        .order_by_desc(consent::Column::GrantedAt)
        .order_by_desc(consent::Column::Id)
        .all(connection)
        .await?;
    let mut consents: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        consents.entry(row.patient_id).or_default().push(row);
    }
    Ok(consents)
}
