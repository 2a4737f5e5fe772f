//! Groups as the API shows them.

use async_graphql::{
    Context, Description, Enum, ID, InputObject, Object, SimpleObject, connection::Connection,
};
use entity::{GroupId, PatientId, StaffId, audience_group};

use super::{
    context::ContextExt as _,
    error::{ApiResult, UserError},
    id::{read_id, read_ids},
    page::{List, Opaque, PageArguments, connection},
    refusal::settle,
};
use crate::domain::{
    groups::{self, Members, Membership},
    policy,
};

/// Who a group is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::GroupKind")]
pub enum GroupKind {
    /// Patients.
    Patients,
    /// Staff members.
    Staff,
}

/// A named set of patients or of staff members, used as an audience. Its members are found by the argument `groupId` of
/// `patients` and `staff`.
#[derive(Clone, Description)]
pub struct Group(pub audience_group::Model);

#[Object(use_type_description)]
impl Group {
    /// The id.
    pub(super) async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// The name, unique within the clinic.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Who it is made of.
    async fn kind(&self) -> GroupKind {
        self.0.kind.into()
    }
}

/// A group to add.
#[derive(InputObject)]
pub struct CreateGroupInput {
    /// 1 to 200 characters, unique within the clinic.
    name: String,
    /// Who it is made of; it stays so.
    kind: GroupKind,
}

/// People to put into a group or take out of it.
#[derive(InputObject)]
pub struct GroupMembersInput {
    /// The group.
    group_id: ID,
    /// Patients, for a group of patients; at most 100.
    #[graphql(default)]
    patient_ids: Vec<ID>,
    /// Staff members, for a group of staff members; at most 100.
    #[graphql(default)]
    staff_ids: Vec<ID>,
}

/// A stored group, or what must be mended before it can be stored.
#[derive(SimpleObject)]
pub struct GroupPayload {
    /// The group as it is stored; null when nothing was.
    group: Option<Group>,
    /// What must be mended.
    errors: Vec<UserError>,
}

impl GroupPayload {
    fn new((group, errors): (Option<audience_group::Model>, Vec<UserError>)) -> Self {
        Self {
            group: group.map(Group),
            errors,
        }
    }
}

/// The group that narrows a list down, if one is given. One statement then.
///
/// # Errors
/// `NOT_FOUND` when it does not exist.
pub(super) async fn narrowing(
    ctx: &Context<'_>,
    viewer: &policy::AsStaff,
    id: Option<ID>,
) -> ApiResult<Option<GroupId>> {
    let Some(id) = id else { return Ok(None) };
    let id = read_id(GroupId::from_public, &id)?;
    Ok(Some(
        groups::open(ctx.core().store.reader(), viewer, id)
            .await?
            .id,
    ))
}

/// Queries of groups.
#[derive(Default)]
pub struct GroupQuery;

#[Object]
impl GroupQuery {
    /// The clinic's groups by name. For staff.
    async fn groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only groups of this kind of people; both kinds when left out.")]
        kind: Option<GroupKind>,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, Group>> {
        let viewer = policy::staff(&*ctx.viewer().await?)?;
        let list = List {
            name: "groups",
            owner: viewer.organization().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice::<String>(list)?;
        let page = groups::page(
            ctx.core().store.reader(),
            &viewer,
            kind.map(Into::into),
            &slice,
        )
        .await?;
        Ok(connection(list, page, |group| group.name.clone(), Group))
    }
}

/// Changes of groups.
#[derive(Default)]
pub struct GroupMutation;

#[Object]
impl GroupMutation {
    /// Adds a group without members. For clinicians and administrators.
    async fn create_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group.")] input: CreateGroupInput,
    ) -> ApiResult<GroupPayload> {
        let keeper = policy::record_keeper(&*ctx.viewer().await?)?;
        let stored = groups::create(ctx.core(), &keeper, &input.name, input.kind.into()).await;
        Ok(GroupPayload::new(settle(stored)?))
    }

    /// Puts people into a group; who is in already stays. For clinicians and administrators.
    async fn add_to_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group and the people.")] input: GroupMembersInput,
    ) -> ApiResult<GroupPayload> {
        change_members(ctx, Membership::Add, &input).await
    }

    /// Takes people out of a group; who is not in is left alone. For clinicians and administrators.
    async fn remove_from_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group and the people.")] input: GroupMembersInput,
    ) -> ApiResult<GroupPayload> {
        change_members(ctx, Membership::Remove, &input).await
    }
}

async fn change_members(
    ctx: &Context<'_>,
    membership: Membership,
    input: &GroupMembersInput,
) -> ApiResult<GroupPayload> {
    let keeper = policy::record_keeper(&*ctx.viewer().await?)?;
    let group = read_id(GroupId::from_public, &input.group_id)?;
    let members = Members {
        patients: read_ids(PatientId::from_public, &input.patient_ids)?,
        staff: read_ids(StaffId::from_public, &input.staff_ids)?,
    };
    let stored = groups::change_members(ctx.core(), &keeper, group, membership, &members).await;
    Ok(GroupPayload::new(settle(stored)?))
}
