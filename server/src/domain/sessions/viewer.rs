//! From a token to a viewer: the session must still be open, and the person still be let in.

use std::sync::Arc;

use entity::{PersonId, Roles, StaffStatus};
use sea_orm::ConnectionTrait as _;

use super::AccessClaims;
use crate::domain::{
    core::Core,
    fault::Fault,
    settings::Settings,
    store::sql,
    viewer::{PatientViewer, StaffViewer, Viewer},
};

/// Why a token stands for nobody.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The session was ended, or the person is not let in any more.
    #[error("the session has ended")]
    Ended,
    /// Asking the database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<sea_orm::DbErr> for SessionError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

/// The viewer that a verified token stands for, as of now. One statement.
///
/// # Errors
/// See [`SessionError`].
pub async fn viewer(core: &Core, claims: &AccessClaims) -> Result<Viewer, SessionError> {
    let connection = core.store.reader();
    let row = connection
        .query_one_raw(sql(
            connection,
            "select o.settings, o.time_zone, s.status as staff_status, s.roles as staff_roles, p.portal_allowed from session t \
             join organization o on o.id = t.organization_id \
             left join staff_member s on t.person_kind = 'STAFF' and s.organization_id = t.organization_id and s.id = t.person_id \
             left join patient p on t.person_kind = 'PATIENT' and p.organization_id = t.organization_id and p.id = t.person_id \
             where t.organization_id = $1 and t.id = $2 and t.person_kind = $3 and t.person_id = $4 and t.revoked_at is null",
            [
                claims.organization.into(),
                claims.session.into(),
                claims.person.kind().into(),
                claims.person.uuid().into(),
            ],
        ))
        .await?
        .ok_or(SessionError::Ended)?;
    let settings = Arc::new(Settings::from_stored(row.try_get("", "settings")?)?);
    let time_zone: Arc<str> = row.try_get::<String>("", "time_zone")?.into();
    match claims.person {
        PersonId::Staff(id) => {
            let status: Option<StaffStatus> = row.try_get("", "staff_status")?;
            let roles: Option<Roles> = row.try_get("", "staff_roles")?;
            match (status, roles) {
                (Some(StaffStatus::Active), Some(roles)) => Ok(Viewer::Staff(StaffViewer::new(
                    claims.organization,
                    id,
                    roles,
                    claims.session,
                    settings,
                    time_zone,
                ))),
                _ => Err(SessionError::Ended),
            }
        }
        PersonId::Patient(id) => match row.try_get::<Option<bool>>("", "portal_allowed")? {
            Some(true) => Ok(Viewer::Patient(PatientViewer::new(
                claims.organization,
                id,
                claims.session,
                settings,
                time_zone,
            ))),
            Some(false) | None => Err(SessionError::Ended),
        },
    }
}
