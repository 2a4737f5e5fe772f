//! A staff member as the API shows them.
//!
//! Whoever sees a staff member sees the name and profession. Staff also see roles and status; the person themself and
//! administrators see everything. What a viewer may not see is null.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject, connection::Connection};
use entity::{Roles, StaffId, staff_member};

use super::{
    context::ContextExt as _,
    error::ApiResult,
    group::{self, Group},
    id::read_id,
    loaders::{GroupsKey, RestrictionsKey, load},
    page::{List, Opaque, PageArguments, connection},
    program::Program,
};
use crate::domain::{
    people::{
        access,
        staff::{self, StaffFilter},
        values,
    },
    policy,
    viewer::Viewer,
};

/// What a staff member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum StaffRole {
    /// Settings, staff, templates, audit.
    Administrator,
    /// All messaging.
    Clinician,
    /// Campaigns and imports.
    OutreachManager,
}

impl From<StaffRole> for Roles {
    fn from(role: StaffRole) -> Self {
        match role {
            StaffRole::Administrator => Self::ADMINISTRATOR,
            StaffRole::Clinician => Self::CLINICIAN,
            StaffRole::OutreachManager => Self::OUTREACH_MANAGER,
        }
    }
}

/// All of several roles.
pub fn together(roles: &[StaffRole]) -> Roles {
    roles
        .iter()
        .fold(Roles::default(), |all, role| all.with((*role).into()))
}

/// Whether a staff member may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::StaffStatus")]
pub enum StaffStatus {
    /// May sign in and is alerted.
    Active,
    /// May not sign in; what they wrote stays.
    Deactivated,
}

/// How somebody is told of something outside of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "values::NotificationChannel")]
pub enum NotificationChannel {
    /// By e-mail.
    Email,
    /// By text message.
    Sms,
}

impl NotificationChannel {
    /// The channel of a person, where it is one that carries notifications.
    pub fn of(channel: entity::Channel) -> Option<Self> {
        match channel {
            entity::Channel::Email => Some(Self::Email),
            entity::Channel::Sms => Some(Self::Sms),
            entity::Channel::Portal => None,
        }
    }

    /// The channel as it is stored.
    pub fn stored(self) -> entity::Channel {
        values::NotificationChannel::from(self).into()
    }
}

/// How a staff member wants to be told of things.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct NotificationSettings {
    /// "New patient message": alerts for each message of a patient on whose panel they stand.
    new_patient_message: bool,
    /// "Unread message reminder": once for what stayed unread. Only together with the former.
    unread_message_reminder: bool,
    /// "Two-way texting": alerts when a patient's texting status changes.
    two_way_texting: bool,
    /// By which way.
    channel: Option<NotificationChannel>,
}

/// A person who works at the clinic.
#[derive(Clone, Description)]
pub struct StaffMember(pub Arc<staff_member::Model>);

impl From<staff_member::Model> for StaffMember {
    fn from(member: staff_member::Model) -> Self {
        Self(Arc::new(member))
    }
}

/// How much of a staff member somebody sees; each sees what the ones before see.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sight {
    /// Patients.
    Public,
    /// Other staff.
    Colleague,
    /// The person themself and administrators.
    Full,
}

impl StaffMember {
    async fn sight(&self, ctx: &Context<'_>) -> ApiResult<Sight> {
        Ok(match &*ctx.viewer().await? {
            Viewer::Patient(_) => Sight::Public,
            Viewer::Staff(staff)
                if staff.id() == self.0.id || staff.roles().hold(Roles::ADMINISTRATOR) =>
            {
                Sight::Full
            }
            Viewer::Staff(_) => Sight::Colleague,
        })
    }

    async fn shown<T>(
        &self,
        ctx: &Context<'_>,
        least: Sight,
        value: impl FnOnce(&staff_member::Model) -> T,
    ) -> ApiResult<Option<T>> {
        Ok((self.sight(ctx).await? >= least).then(|| value(&self.0)))
    }
}

#[Object(use_type_description)]
impl StaffMember {
    /// The id.
    pub(super) async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// The full name.
    async fn name(&self) -> &str {
        self.0.name.reveal()
    }

    /// What the person is, such as "Nurse"; shown to patients beside the name.
    async fn profession(&self) -> &str {
        &self.0.profession
    }

    /// What they may do; null for patients.
    async fn roles(&self, ctx: &Context<'_>) -> ApiResult<Option<Vec<StaffRole>>> {
        let all = [
            StaffRole::Administrator,
            StaffRole::Clinician,
            StaffRole::OutreachManager,
        ];
        self.shown(ctx, Sight::Colleague, |member| {
            all.into_iter()
                .filter(|role| member.roles.hold((*role).into()))
                .collect()
        })
        .await
    }

    /// Whether they may sign in; null for patients.
    async fn status(&self, ctx: &Context<'_>) -> ApiResult<Option<StaffStatus>> {
        self.shown(ctx, Sight::Colleague, |member| member.status.into())
            .await
    }

    /// The groups that they are in, by name; null for patients.
    async fn groups(&self, ctx: &Context<'_>) -> ApiResult<Option<Vec<Group>>> {
        if self.sight(ctx).await? < Sight::Colleague {
            return Ok(None);
        }
        let groups = load(ctx, GroupsKey(self.0.organization_id, self.0.id.0)).await?;
        Ok(Some(
            groups.unwrap_or_default().into_iter().map(Group).collect(),
        ))
    }

    /// The e-mail address; null for everybody but the person and administrators.
    async fn email(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        self.shown(ctx, Sight::Full, |member| member.email.reveal().to_owned())
            .await
    }

    /// The mobile number in E.164, if there is one; null for everybody but the person and administrators.
    async fn phone(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        let phone = self
            .shown(ctx, Sight::Full, |member| member.phone.clone())
            .await?
            .flatten();
        Ok(phone.map(|phone| phone.reveal().to_owned()))
    }

    /// The BCP 47 tag of their language; null for everybody but the person and administrators.
    async fn language(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        self.shown(ctx, Sight::Full, |member| member.language.clone())
            .await
    }

    /// How they want to be told of things; null for everybody but the person and administrators.
    async fn notification_settings(
        &self,
        ctx: &Context<'_>,
    ) -> ApiResult<Option<NotificationSettings>> {
        self.shown(ctx, Sight::Full, |member| NotificationSettings {
            new_patient_message: member.notify_new_message,
            unread_message_reminder: member.notify_unread,
            two_way_texting: member.notify_texting,
            channel: NotificationChannel::of(member.notify_channel),
        })
        .await
    }

    /// The programs that they are restricted from, by name; null for everybody but the person and administrators. A
    /// patient who is enrolled only in such programs does not exist for them.
    async fn restricted_from(&self, ctx: &Context<'_>) -> ApiResult<Option<Vec<Program>>> {
        if self.sight(ctx).await? < Sight::Full {
            return Ok(None);
        }
        let programs = load(ctx, RestrictionsKey(self.0.organization_id, self.0.id)).await?;
        Ok(Some(
            programs
                .unwrap_or_default()
                .into_iter()
                .map(Program)
                .collect(),
        ))
    }
}

/// Queries of staff members.
#[derive(Default)]
pub struct StaffQuery;

#[Object]
impl StaffQuery {
    /// A staff member of the clinic. For staff.
    async fn staff_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The staff member's id.")] id: ID,
    ) -> ApiResult<StaffMember> {
        let viewer = policy::staff(&*ctx.viewer().await?)?;
        let id = read_id(StaffId::from_public, &id)?;
        let member = access::open_staff_member(ctx.core().store.reader(), &viewer, id).await?;
        Ok(member.into())
    }

    /// The clinic's staff by name. For staff.
    async fn staff(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only with this status; all when left out.")] status: Option<StaffStatus>,
        #[graphql(desc = "Only members of this group.")] group_id: Option<ID>,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, StaffMember>> {
        let viewer = policy::staff(&*ctx.viewer().await?)?;
        let list = List {
            name: "staff",
            owner: viewer.organization().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let reader = ctx.core().store.reader();
        let filter = StaffFilter {
            status: status.map(Into::into),
            group: group::narrowing(ctx, &viewer, group_id).await?,
        };
        let page = staff::page(reader, &viewer, filter, &slice).await?;
        Ok(connection(list, page, |member| member.id.0, StaffMember))
    }
}
