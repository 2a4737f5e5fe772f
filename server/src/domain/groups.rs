//! Groups: named sets of patients or of staff members, used as audiences.

use std::collections::{BTreeSet, HashMap};

use entity::{GroupId, GroupKind, OrganizationId, PatientId, StaffId, audience_group};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    FromQueryResult as _, IntoActiveModel as _, QueryFilter as _, Value,
};
use uuid::Uuid;

use super::{
    core::Core,
    event_log::Change,
    fault::Fault,
    page::{self, Page, Slice, Sorted},
    people::{
        staff,
        values::{self, Check, MAX_NAME_CHARACTERS, Problem, Wrong, is_taken, takes_refusals},
    },
    policy::{self, AsRecordKeeper, AsStaff, Denied},
    store::Sql,
    viewer::Viewer,
};

/// Why a group was not changed.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// Values that cannot be taken.
    #[error("values cannot be taken")]
    Invalid(Vec<Wrong>),
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

takes_refusals!(GroupError);

/// Adds a group. One statement.
///
/// # Errors
/// [`GroupError::Invalid`], also when the name is taken.
pub async fn create(
    core: &Core,
    keeper: &AsRecordKeeper,
    name: &str,
    kind: GroupKind,
) -> Result<audience_group::Model, GroupError> {
    let name =
        values::line(name, MAX_NAME_CHARACTERS).map_err(|problem| Wrong::new("name", problem))?;
    let change = Change::begin(core, keeper.organization()).await?;
    let group = audience_group::Model {
        organization_id: change.organization(),
        id: GroupId(core.entropy.uuid(change.now)),
        name,
        kind,
    };
    match group.clone().into_active_model().insert(change.tx()).await {
        Ok(_) => {}
        Err(error) if is_taken(&error) => return Err(Wrong::new("name", Problem::Taken).into()),
        Err(error) => return Err(error.into()),
    }
    change.commit().await?;
    Ok(group)
}

/// People to put into a group or take out of it.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// Patients, for a group of patients.
    pub patients: BTreeSet<PatientId>,
    /// Staff members, for a group of staff members.
    pub staff: BTreeSet<StaffId>,
}

/// What to do with the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// Put them in; who is in already stays.
    Add,
    /// Take them out; who is not in is left alone.
    Remove,
}

/// Puts people into a group or takes them out. Three statements.
///
/// # Errors
/// [`Denied::NotFound`] when the group or one of the people does not exist for this viewer; [`GroupError::Invalid`] when
/// the group is made of the other kind of people.
pub async fn change_members(
    core: &Core,
    keeper: &AsRecordKeeper,
    id: GroupId,
    membership: Membership,
    members: &Members,
) -> Result<audience_group::Model, GroupError> {
    let mut check = Check::default();
    check.count("patientIds", members.patients.len());
    check.count("staffIds", members.staff.len());
    if !check.is_right() {
        return Err(check.into_wrong().into());
    }
    let change = Change::begin(core, keeper.organization()).await?;
    let group = find(change.tx(), change.organization(), id).await?;
    let wrong = match group.kind {
        GroupKind::Patients if !members.staff.is_empty() => Some("staffIds"),
        GroupKind::Staff if !members.patients.is_empty() => Some("patientIds"),
        GroupKind::Patients | GroupKind::Staff => None,
    };
    if let Some(field) = wrong {
        return Err(Wrong::new(field, Problem::Needs("a group of this kind of people")).into());
    }
    let people = existing(&change, keeper, members).await?;
    if !people.is_empty() {
        let statement = match membership {
            Membership::Add => {
                let mut insert = Sql::new(
                    "insert into group_member (organization_id, group_id, member_id) values ",
                );
                insert.rows(people.iter().map(|person| -> [Value; 3] {
                    [change.organization().into(), id.into(), (*person).into()]
                }));
                insert.push(" on conflict (organization_id, group_id, member_id) do nothing");
                insert
            }
            Membership::Remove => {
                let mut delete = Sql::new("delete from group_member where organization_id = ");
                delete
                    .bind(change.organization())
                    .push(" and group_id = ")
                    .bind(id)
                    .push(" and member_id in ")
                    .list(people);
                delete
            }
        };
        change.tx().execute_raw(statement.on(change.tx())).await?;
    }
    change.commit().await?;
    Ok(group)
}

/// The people's ids, if all of them exist for the viewer.
async fn existing(
    change: &Change,
    keeper: &AsRecordKeeper,
    members: &Members,
) -> Result<Vec<Uuid>, Denied> {
    let mut people = Vec::new();
    if !members.patients.is_empty() {
        let viewer = Viewer::Staff(keeper.viewer().clone());
        let ids: Vec<_> = members.patients.iter().copied().collect();
        let patients = policy::open_patients(change.tx(), &viewer, &ids).await?;
        people.extend(patients.iter().map(|patient| patient.id().0));
    }
    if !members.staff.is_empty() {
        let found = staff::by_ids(
            change.tx(),
            change.organization(),
            members.staff.iter().copied(),
        )
        .await?;
        people.extend(found.iter().map(|member| member.id.0));
    }
    if people.len() == members.patients.len() + members.staff.len() {
        Ok(people)
    } else {
        Err(Denied::NotFound)
    }
}

async fn find(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    id: GroupId,
) -> Result<audience_group::Model, Denied> {
    audience_group::Entity::find_by_id((organization, id))
        .one(connection)
        .await?
        .ok_or(Denied::NotFound)
}

/// A group of the viewer's organization. One statement.
///
/// # Errors
/// [`Denied::NotFound`].
pub async fn open(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    id: GroupId,
) -> Result<audience_group::Model, Denied> {
    find(connection, viewer.organization(), id).await
}

/// A page of the organization's groups by name, which is the cursor. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn page(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    kind: Option<GroupKind>,
    slice: &Slice<String>,
) -> Result<Page<audience_group::Model>, Fault> {
    let mut select = audience_group::Entity::find()
        .filter(audience_group::Column::OrganizationId.eq(viewer.organization()));
    if let Some(kind) = kind {
        select = select.filter(audience_group::Column::Kind.eq(kind));
    }
    let by_name = (audience_group::Column::Name, Sorted::Ascending);
    page::by_column(connection, select, by_name, slice).await
}

/// The groups that several people are in, by name. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn of_members(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    members: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Vec<audience_group::Model>>, Fault> {
    let mut select = Sql::new(
        "select m.member_id as owner, g.* from group_member m \
         join audience_group g on g.organization_id = m.organization_id and g.id = m.group_id where m.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and m.member_id in ")
        .list(members)
        .push(" order by g.name");
    let mut groups: HashMap<Uuid, Vec<audience_group::Model>> = HashMap::new();
    for row in connection.query_all_raw(select.on(connection)).await? {
        groups
            .entry(row.try_get("", "owner")?)
            .or_default()
            .push(audience_group::Model::from_query_result(&row, "")?);
    }
    Ok(groups)
}
