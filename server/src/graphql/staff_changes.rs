//! Changing staff members.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::{ProgramId, StaffId, staff_member};

use super::{
    context::ContextExt as _,
    error::{ApiResult, UserError},
    id::{read_id, read_ids},
    refusal::settle,
    staff_member::{NotificationChannel, StaffMember, StaffRole, together},
};
use crate::domain::{
    people::{
        access::{self, NotificationChanges},
        staff::{self, NewStaffMember, StaffChanges},
    },
    policy,
};

/// A staff member to add.
#[derive(InputObject)]
pub struct CreateStaffMemberInput {
    /// The full name; 1 to 200 characters.
    name: String,
    /// What patients read beside the name, such as "Nurse"; 1 to 200 characters.
    profession: String,
    /// For signing in and notifications; unique among the clinic's staff.
    email: String,
    /// A mobile number, with its country code or as it is dialled in the clinic's region.
    phone: Option<String>,
    /// What they may do; one role or more.
    roles: Vec<StaffRole>,
    /// A BCP 47 tag; the clinic's language when left out.
    language: Option<String>,
}

/// What to change of a staff member. What is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateStaffMemberInput {
    /// The staff member.
    staff_id: ID,
    /// The full name; 1 to 200 characters.
    name: Option<String>,
    /// What patients read beside the name; 1 to 200 characters.
    profession: Option<String>,
    /// For signing in and notifications; unique among the clinic's staff.
    email: Option<String>,
    /// A mobile number; null or an empty text removes it, and notifications go by e-mail then.
    phone: MaybeUndefined<String>,
    /// All roles that they are to have; one or more. The last active administrator must stay one.
    roles: Option<Vec<StaffRole>>,
    /// A BCP 47 tag.
    language: Option<String>,
}

/// A staff member to let in or not.
#[derive(InputObject)]
pub struct StaffStatusInput {
    /// The staff member.
    staff_id: ID,
}

/// What a staff member is to be restricted from.
#[derive(InputObject)]
pub struct SetStaffRestrictionsInput {
    /// The staff member.
    staff_id: ID,
    /// All programs that they are to be restricted from; at most 100, none to lift every restriction.
    program_ids: Vec<ID>,
}

/// How the viewer wants to be told of things. What is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateNotificationSettingsInput {
    /// "New patient message". Switching it off switches the reminder off too.
    new_patient_message: Option<bool>,
    /// "Unread message reminder"; it can be on only together with "New patient message".
    unread_message_reminder: Option<bool>,
    /// "Two-way texting".
    two_way_texting: Option<bool>,
    /// By which way; `SMS` needs a mobile number on file.
    channel: Option<NotificationChannel>,
}

/// A stored staff member, or what must be mended before it can be stored.
#[derive(SimpleObject)]
pub struct StaffMemberPayload {
    /// The staff member as they are stored; null when nothing was.
    staff_member: Option<StaffMember>,
    /// What must be mended.
    errors: Vec<UserError>,
}

impl StaffMemberPayload {
    fn new((member, errors): (Option<staff_member::Model>, Vec<UserError>)) -> Self {
        Self {
            staff_member: member.map(StaffMember::from),
            errors,
        }
    }
}

/// Changes of staff members.
#[derive(Default)]
pub struct StaffMutation;

#[Object]
impl StaffMutation {
    /// Adds a staff member, who signs in once they have set a password. For administrators.
    async fn create_staff_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The staff member.")] input: CreateStaffMemberInput,
    ) -> ApiResult<StaffMemberPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let new = NewStaffMember {
            name: input.name,
            profession: input.profession,
            email: input.email,
            phone: input.phone,
            roles: together(&input.roles),
            language: input.language,
        };
        let stored = staff::create(ctx.core(), &administrator, &new).await;
        Ok(StaffMemberPayload::new(settle(stored)?))
    }

    /// Changes a staff member: all that is given, or nothing if something is wrong. For administrators.
    async fn update_staff_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateStaffMemberInput,
    ) -> ApiResult<StaffMemberPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let id = read_id(StaffId::from_public, &input.staff_id)?;
        let changes = StaffChanges {
            name: input.name,
            profession: input.profession,
            email: input.email,
            phone: input.phone.into(),
            roles: input.roles.as_deref().map(together),
            language: input.language,
        };
        let stored = staff::update(ctx.core(), &administrator, id, &changes).await;
        Ok(StaffMemberPayload::new(settle(stored)?))
    }

    /// Ends a staff member's access: they are signed out everywhere at once and not alerted any more. What they wrote
    /// stays. The last active administrator cannot be deactivated. For administrators.
    async fn deactivate_staff_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The staff member.")] input: StaffStatusInput,
    ) -> ApiResult<StaffMemberPayload> {
        set_status(ctx, &input.staff_id, entity::StaffStatus::Deactivated).await
    }

    /// Lets a staff member sign in again. For administrators.
    async fn reactivate_staff_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The staff member.")] input: StaffStatusInput,
    ) -> ApiResult<StaffMemberPayload> {
        set_status(ctx, &input.staff_id, entity::StaffStatus::Active).await
    }

    /// Restricts a staff member from exactly these programs: patients who are enrolled in programs, and in none but
    /// these, do not exist for them from then on. For administrators.
    async fn set_staff_restrictions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The staff member and the programs.")] input: SetStaffRestrictionsInput,
    ) -> ApiResult<StaffMemberPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let id = read_id(StaffId::from_public, &input.staff_id)?;
        let programs = read_ids(ProgramId::from_public, &input.program_ids)?;
        let stored = access::set_restrictions(ctx.core(), &administrator, id, programs).await;
        Ok(StaffMemberPayload::new(settle(stored)?))
    }

    /// Changes how the viewer wants to be told of things. For staff.
    async fn update_notification_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateNotificationSettingsInput,
    ) -> ApiResult<StaffMemberPayload> {
        let viewer = policy::staff(&*ctx.viewer().await?)?;
        let changes = NotificationChanges {
            new_patient_message: input.new_patient_message,
            unread_message_reminder: input.unread_message_reminder,
            two_way_texting: input.two_way_texting,
            channel: input.channel.map(Into::into),
        };
        let stored = access::update_notification_settings(ctx.core(), &viewer, changes).await;
        Ok(StaffMemberPayload::new(settle(stored)?))
    }
}

async fn set_status(
    ctx: &Context<'_>,
    id: &ID,
    status: entity::StaffStatus,
) -> ApiResult<StaffMemberPayload> {
    let administrator = policy::administrator(&*ctx.viewer().await?)?;
    let id = read_id(StaffId::from_public, id)?;
    let stored = access::set_status(ctx.core(), &administrator, id, status).await;
    Ok(StaffMemberPayload::new(settle(stored)?))
}
