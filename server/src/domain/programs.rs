//! Care programs: what patients are enrolled in, and what staff members can be restricted from.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use entity::{OrganizationId, PatientId, ProgramId, program};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    FromQueryResult as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, TryGetable,
};

use super::{
    core::Core,
    event_log::Change,
    fault::Fault,
    page::{self, Page, Slice, Sorted},
    people::values::{self, MAX_NAME_CHARACTERS, Problem, Wrong, is_taken, takes_refusals},
    policy::{AsAdministrator, AsStaff, Denied},
    store::Sql,
};

/// Why a program was not stored.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// Values that cannot be taken.
    #[error("values cannot be taken")]
    Invalid(Vec<Wrong>),
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

takes_refusals!(ProgramError);

/// Adds a program. One statement.
///
/// # Errors
/// [`ProgramError::Invalid`], also when the name is taken.
pub async fn create(
    core: &Core,
    administrator: &AsAdministrator,
    name: &str,
) -> Result<program::Model, ProgramError> {
    let name = checked_name(name)?;
    let change = Change::begin(core, administrator.organization()).await?;
    let program = program::Model {
        organization_id: change.organization(),
        id: ProgramId(core.entropy.uuid(change.now)),
        name,
    };
    let inserted = program
        .clone()
        .into_active_model()
        .insert(change.tx())
        .await;
    unless_taken(inserted)?;
    change.commit().await?;
    Ok(program)
}

/// Gives a program another name. One statement.
///
/// # Errors
/// [`ProgramError::Invalid`], also when the name is taken; [`Denied::NotFound`].
pub async fn rename(
    core: &Core,
    administrator: &AsAdministrator,
    id: ProgramId,
    name: &str,
) -> Result<program::Model, ProgramError> {
    let program = program::Model {
        organization_id: administrator.organization(),
        id,
        name: checked_name(name)?,
    };
    let change = Change::begin(core, administrator.organization()).await?;
    let updated = program
        .clone()
        .into_active_model()
        .reset_all()
        .update(change.tx())
        .await;
    unless_taken(updated)?;
    change.commit().await?;
    Ok(program)
}

fn checked_name(name: &str) -> Result<String, Wrong> {
    values::line(name, MAX_NAME_CHARACTERS).map_err(|problem| Wrong::new("name", problem))
}

fn unless_taken<T>(stored: Result<T, sea_orm::DbErr>) -> Result<T, ProgramError> {
    stored.map_err(|error| {
        if matches!(error, sea_orm::DbErr::RecordNotUpdated) {
            Denied::NotFound.into()
        } else if is_taken(&error) {
            Wrong::new("name", Problem::Taken).into()
        } else {
            error.into()
        }
    })
}

/// A program of the viewer's organization. One statement.
///
/// # Errors
/// [`Denied::NotFound`].
pub async fn open(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    id: ProgramId,
) -> Result<program::Model, Denied> {
    program::Entity::find_by_id((viewer.organization(), id))
        .one(connection)
        .await?
        .ok_or(Denied::NotFound)
}

/// A page of the organization's programs by name, which is the cursor. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn page(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    slice: &Slice<String>,
) -> Result<Page<program::Model>, Fault> {
    let select =
        program::Entity::find().filter(program::Column::OrganizationId.eq(viewer.organization()));
    let by_name = (program::Column::Name, Sorted::Ascending);
    page::by_column(connection, select, by_name, slice).await
}

/// Makes sure that all of these programs exist. One statement, none for no programs.
pub(crate) async fn require(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    programs: &BTreeSet<ProgramId>,
) -> Result<(), Denied> {
    if programs.is_empty() {
        return Ok(());
    }
    let found = program::Entity::find()
        .filter(program::Column::OrganizationId.eq(organization))
        .filter(program::Column::Id.is_in(programs.iter().copied()))
        .count(connection)
        .await?;
    if found == programs.len() as u64 {
        Ok(())
    } else {
        Err(Denied::NotFound)
    }
}

/// The programs that several patients are enrolled in, by name. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn of_patients(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    patients: impl IntoIterator<Item = PatientId>,
) -> Result<HashMap<PatientId, Vec<program::Model>>, Fault> {
    let mut select = Sql::new(
        "select pp.patient_id as owner, g.* from patient_program pp \
         join program g on g.organization_id = pp.organization_id and g.id = pp.program_id where pp.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and pp.patient_id in ")
        .list(patients)
        .push(" order by g.name");
    grouped(connection, select).await
}

/// Runs a statement that gives programs with the column `owner`.
pub(crate) async fn grouped<K: Eq + Hash + TryGetable>(
    connection: &impl ConnectionTrait,
    select: Sql,
) -> Result<HashMap<K, Vec<program::Model>>, Fault> {
    let mut programs: HashMap<K, Vec<program::Model>> = HashMap::new();
    for row in connection.query_all_raw(select.on(connection)).await? {
        programs
            .entry(row.try_get("", "owner")?)
            .or_default()
            .push(program::Model::from_query_result(&row, "")?);
    }
    Ok(programs)
}
