//! A new organization with its log and its first administrator.

use entity::{OrganizationId, Roles, event_log, organization, staff_member};
use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};

use super::settings::check_settings;
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    people::{
        staff::{self, NewStaffMember, StaffError},
        values::{self, Check, MAX_NAME_CHARACTERS, Problem, Wrong, is_taken},
    },
    policy::Denied,
    settings::Settings,
};

/// The right of whoever runs the installation to add organizations. Nobody is signed in then: only the command line and
/// what it starts call [`Founding::by_operator`]; a request never does.
pub struct Founding(());

impl Founding {
    /// For the command line and the demonstration.
    #[must_use]
    pub fn by_operator() -> Self {
        Self(())
    }
}

/// An organization to be.
pub struct NewOrganization {
    /// What patients read.
    pub name: String,
    /// What people type when they sign in; unique in the installation.
    pub slug: String,
    /// IANA name.
    pub time_zone: String,
    /// BCP 47 tag.
    pub default_language: String,
    /// What it has decided to begin with.
    pub settings: Settings,
    /// The first administrator, who gets that role whatever else they hold.
    pub administrator: NewStaffMember,
}

/// An organization that begins.
#[derive(Clone, Debug)]
pub struct Founded {
    /// The organization.
    pub organization: organization::Model,
    /// Its first administrator.
    pub administrator: staff_member::Model,
}

/// Why an organization was not founded.
#[derive(Debug, thiserror::Error)]
pub enum FoundingError {
    /// Values that cannot be taken; those of the administrator under `administrator.…`.
    #[error("values cannot be taken")]
    Invalid(Vec<Wrong>),
    /// The database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<sea_orm::DbErr> for FoundingError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

/// Founds an organization with its log and its first administrator. Three statements.
///
/// # Errors
/// See [`FoundingError`].
pub async fn found(
    core: &Core,
    _: &Founding,
    new: NewOrganization,
) -> Result<Founded, FoundingError> {
    let mut check = Check::default();
    let name = check.value("name", values::line(&new.name, MAX_NAME_CHARACTERS));
    let slug = check.value("slug", values::slug(&new.slug));
    let time_zone = check.value("timeZone", values::time_zone(&new.time_zone));
    let language = check.value("defaultLanguage", values::language(&new.default_language));
    check_settings(&mut check, &new.settings);
    let (Some(name), Some(slug), Some(time_zone), Some(default_language), true) =
        (name, slug, time_zone, language, check.is_right())
    else {
        return Err(FoundingError::Invalid(check.into_wrong()));
    };
    let id = OrganizationId(core.entropy.uuid(core.clock.now()));
    let change = Change::begin(core, id).await?;
    let organization = organization::Model {
        id,
        name,
        slug,
        time_zone,
        default_language,
        settings: new.settings.to_stored()?,
        created_at: change.now,
    };
    match organization
        .clone()
        .into_active_model()
        .insert(change.tx())
        .await
    {
        Ok(_) => {}
        Err(error) if is_taken(&error) => {
            return Err(FoundingError::Invalid(vec![Wrong::new(
                "slug",
                Problem::Taken,
            )]));
        }
        Err(error) => return Err(error.into()),
    }
    let log = event_log::Model {
        organization_id: id,
        head: 0,
        pruned_through: 0,
    };
    log.into_active_model().insert(change.tx()).await?;
    let first = NewStaffMember {
        roles: new.administrator.roles.with(Roles::ADMINISTRATOR),
        ..new.administrator
    };
    let administrator = staff::insert(
        core,
        &change,
        &first,
        &new.settings.default_region,
        &organization.default_language,
    )
    .await
    .map_err(of_administrator)?;
    change.commit().await?;
    Ok(Founded {
        organization,
        administrator,
    })
}

/// Tells the administrator's values from the organization's, which have some of the same names.
fn of_administrator(error: StaffError) -> FoundingError {
    match error {
        StaffError::Invalid(wrong) => FoundingError::Invalid(
            wrong
                .into_iter()
                .map(|wrong| Wrong {
                    field: match wrong.field {
                        "name" => "administrator.name",
                        "profession" => "administrator.profession",
                        "email" => "administrator.email",
                        "phone" => "administrator.phone",
                        "language" => "administrator.language",
                        _ => "administrator",
                    },
                    ..wrong
                })
                .collect(),
        ),
        StaffError::Denied(Denied::Fault(fault)) => fault.into(),
        StaffError::LastAdministrator | StaffError::Denied(_) => {
            Fault::Corrupt("new organization").into()
        }
    }
}
