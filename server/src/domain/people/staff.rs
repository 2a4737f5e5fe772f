//! Staff members: creating, changing and listing them.

use std::sync::Arc;

use entity::{Channel, GroupId, OrganizationId, Roles, StaffId, StaffStatus, staff_member};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    FromQueryResult as _, IntoActiveModel as _, QueryFilter as _, QuerySelect as _,
};

use super::{
    access::{access_changed, keep_an_administrator},
    values::{self, Check, MAX_NAME_CHARACTERS, Problem, Wrong, is_taken, takes_refusals},
};
use crate::domain::{
    answers::{Scope, look_again},
    core::Core,
    event_log::Change,
    fault::Fault,
    organizations,
    page::{Direction, Page, Slice},
    policy::{AsAdministrator, AsStaff, Denied},
    store::Sql,
};

/// Why a staff member was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// Values that cannot be taken.
    #[error("values cannot be taken")]
    Invalid(Vec<Wrong>),
    /// Nobody would be left who can administer the organization.
    #[error("the last active administrator must stay one")]
    LastAdministrator,
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

takes_refusals!(StaffError);

/// A staff member to be.
pub struct NewStaffMember {
    /// The full name.
    pub name: String,
    /// What patients read beside the name.
    pub profession: String,
    /// For signing in and notifications; unique among the organization's staff.
    pub email: String,
    /// A mobile number.
    pub phone: Option<String>,
    /// What they may do; one role or more.
    pub roles: Roles,
    /// BCP 47; the organization's when left out.
    pub language: Option<String>,
}

/// What to change of a staff member; none leaves a value as it is.
#[derive(Default)]
pub struct StaffChanges {
    /// The full name.
    pub name: Option<String>,
    /// What patients read beside the name.
    pub profession: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// The mobile number, or its removal.
    pub phone: Option<Option<String>>,
    /// All roles.
    pub roles: Option<Roles>,
    /// BCP 47.
    pub language: Option<String>,
}

/// Adds a staff member. They sign in once they have set a password. Two statements.
///
/// # Errors
/// [`StaffError::Invalid`], also when the address is taken.
pub async fn create(
    core: &Core,
    administrator: &AsAdministrator,
    new: &NewStaffMember,
) -> Result<staff_member::Model, StaffError> {
    let change = Change::begin(core, administrator.organization()).await?;
    let organization = organizations::of(change.tx(), change.organization()).await?;
    let region = &administrator.viewer().settings().default_region;
    let member = insert(core, &change, new, region, &organization.default_language).await?;
    change.commit().await?;
    Ok(member)
}

/// Stores a staff member within a change. One statement.
pub(crate) async fn insert(
    core: &Core,
    change: &Change,
    new: &NewStaffMember,
    region: &str,
    default_language: &str,
) -> Result<staff_member::Model, StaffError> {
    let mut check = Check::default();
    let name = check.value("name", values::name(&new.name));
    let profession = check.value(
        "profession",
        values::line(&new.profession, MAX_NAME_CHARACTERS),
    );
    let email = check.value("email", values::email_address(&new.email));
    let phone = check.given("phone", new.phone.as_deref(), |text| {
        values::mobile_number(text, region)
    });
    let language = check.given("language", new.language.as_deref(), values::language);
    if new.roles == Roles::default() {
        check.wrong("roles", Problem::Blank);
    }
    let (Some(name), Some(profession), Some(email), true) =
        (name, profession, email, check.is_right())
    else {
        return Err(check.into_wrong().into());
    };
    let member = staff_member::Model {
        organization_id: change.organization(),
        id: StaffId(core.entropy.uuid(change.now)),
        name,
        profession,
        email_key: values::email_key(&email),
        email,
        phone,
        roles: new.roles,
        status: StaffStatus::Active,
        language: language.unwrap_or_else(|| default_language.to_owned()),
        notify_new_message: true,
        notify_unread: true,
        notify_texting: true,
        notify_channel: Channel::Email,
        created_at: change.now,
    };
    match member.clone().into_active_model().insert(change.tx()).await {
        Ok(_) => Ok(member),
        Err(error) if is_taken(&error) => Err(Wrong::new("email", Problem::Taken).into()),
        Err(error) => Err(error.into()),
    }
}

/// Changes a staff member. Without a number on file, notifications go by e-mail again. Three statements, one more when
/// the administrator's role is taken away, three more when roles changed.
///
/// # Errors
/// See [`StaffError`].
pub async fn update(
    core: &Core,
    administrator: &AsAdministrator,
    id: StaffId,
    changes: &StaffChanges,
) -> Result<staff_member::Model, StaffError> {
    let mut check = Check::default();
    let region = &administrator.viewer().settings().default_region;
    let name = check.given("name", changes.name.as_deref(), values::name);
    let profession = check.given("profession", changes.profession.as_deref(), |text| {
        values::line(text, MAX_NAME_CHARACTERS)
    });
    let email = check.given("email", changes.email.as_deref(), values::email_address);
    let phone = check.change("phone", changes.phone.as_ref(), |text| {
        values::mobile_number(text, region)
    });
    let language = check.given("language", changes.language.as_deref(), values::language);
    if changes.roles == Some(Roles::default()) {
        check.wrong("roles", Problem::Blank);
    }
    if !check.is_right() {
        return Err(check.into_wrong().into());
    }

    let mut change = Change::begin(core, administrator.organization()).await?;
    if changes
        .roles
        .is_some_and(|roles| !roles.hold(Roles::ADMINISTRATOR))
    {
        keep_an_administrator(&change, id).await?;
    }
    let stored = lock(&change, id).await?;
    let mut member = stored.clone();
    if let Some(email) = email {
        member.email_key = values::email_key(&email);
        member.email = email;
    }
    member.name = name.unwrap_or(member.name);
    member.profession = profession.unwrap_or(member.profession);
    member.phone = phone.unwrap_or(member.phone);
    member.language = language.unwrap_or(member.language);
    member.roles = changes.roles.unwrap_or(member.roles);
    if member.phone.is_none() {
        member.notify_channel = Channel::Email;
    }
    save(&change, &member).await?;
    if member.roles != stored.roles {
        look_again(&change, Scope::Staff(id)).await?;
        change.record(access_changed(administrator.staff(), id));
    }
    change.commit().await?;
    Ok(member)
}

/// Reads a staff member and holds their row until the commit. One statement.
pub(super) async fn lock(change: &Change, id: StaffId) -> Result<staff_member::Model, Denied> {
    staff_member::Entity::find_by_id((change.organization(), id))
        .lock_exclusive()
        .one(change.tx())
        .await?
        .ok_or(Denied::NotFound)
}

/// Stores a changed staff member whose row is held. One statement.
pub(super) async fn save(change: &Change, member: &staff_member::Model) -> Result<(), StaffError> {
    let columns = member.clone().into_active_model().reset_all();
    match columns.update(change.tx()).await {
        Ok(_) => Ok(()),
        Err(error) if is_taken(&error) => Err(Wrong::new("email", Problem::Taken).into()),
        Err(error) => Err(error.into()),
    }
}

/// Staff members by their ids; those of other organizations are left out. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn by_ids(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    ids: impl IntoIterator<Item = StaffId>,
) -> Result<Vec<Arc<staff_member::Model>>, Fault> {
    let members = staff_member::Entity::find()
        .filter(staff_member::Column::OrganizationId.eq(organization))
        .filter(staff_member::Column::Id.is_in(ids))
        .all(connection)
        .await?;
    Ok(members.into_iter().map(Arc::new).collect())
}

/// Which staff members a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct StaffFilter {
    /// Only with this status.
    pub status: Option<StaffStatus>,
    /// Only of this group.
    pub group: Option<GroupId>,
}

/// A page of the organization's staff by name. A cursor is the id of a staff member, so that it holds no name. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn page(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    filter: StaffFilter,
    slice: &Slice<uuid::Uuid>,
) -> Result<Page<Arc<staff_member::Model>>, Fault> {
    let mut select = Sql::new("select s.* from staff_member s where s.organization_id = ");
    select.bind(viewer.organization());
    if let Some(status) = filter.status {
        select.push(" and s.status = ").bind(status);
    }
    if let Some(group) = filter.group {
        select
            .push(" and s.id in (select g.member_id from group_member g where g.organization_id = s.organization_id and g.group_id = ")
            .bind(group)
            .push(")");
    }
    for (comparison, cursor) in [(">", slice.after), ("<", slice.before)] {
        if let Some(cursor) = cursor {
            select
                .push(" and (s.name, s.id) ")
                .push(comparison)
                .push(" (select k.name, k.id from staff_member k where k.organization_id = ")
                .bind(viewer.organization())
                .push(" and k.id = ")
                .bind(cursor)
                .push(")");
        }
    }
    select.push(match slice.direction {
        Direction::Forward => " order by s.name, s.id limit ",
        Direction::Backward => " order by s.name desc, s.id desc limit ",
    });
    select.bind(slice.fetch());
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let members = rows
        .iter()
        .map(|row| Ok(Arc::new(staff_member::Model::from_query_result(row, "")?)))
        .collect::<Result<_, Fault>>()?;
    Ok(slice.page(members))
}
