//! Care team panels as the API shows them, and joining and leaving them.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::{OrganizationId, PatientId, StaffId};

use super::{
    context::ContextExt as _,
    error::{ApiError, ApiResult},
    id::read_id,
    loaders::{StaffKey, load},
    patient::if_still_in_view,
    patient_changes::PatientPayload,
    refusal::settle,
    staff_member::StaffMember,
};
use crate::domain::{
    fault::Fault,
    panel::{self, Member, PanelError},
    policy::{self, PatientInView},
    viewer::Viewer,
};

/// Why a staff member stands in a patient's care team panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::PanelRole")]
pub enum PanelRole {
    /// Documented on the patient's chart as a member of the care team.
    CareTeam,
    /// Not on the care team, but asked to be alerted for this patient.
    NotificationUser,
}

/// Why a new message of the patient does not alert somebody who stands in the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "panel::NotAlerted")]
pub enum NotAlertedReason {
    /// They may not sign in any more.
    Deactivated,
    /// They are not a clinician, so the patient's messages are not for them.
    NotClinician,
    /// They are restricted from every program that the patient is enrolled in.
    Restricted,
    /// They have "New patient message" off.
    NotificationsOff,
}

/// A line of a patient's care team panel.
#[derive(Clone, Description)]
pub struct PanelMember {
    organization: OrganizationId,
    member: Member,
}

impl PanelMember {
    /// A line of a panel of this organization.
    pub fn new(organization: OrganizationId, member: Member) -> Self {
        Self {
            organization,
            member,
        }
    }
}

#[Object(use_type_description)]
impl PanelMember {
    /// Who.
    async fn staff_member(&self, ctx: &Context<'_>) -> ApiResult<StaffMember> {
        let member = load(ctx, StaffKey(self.organization, self.member.staff)).await?;
        // The panel refers to staff members by a foreign key.
        let member = member.ok_or_else(|| ApiError::from(Fault::Corrupt("panel member")))?;
        Ok(StaffMember(member))
    }

    /// Why they stand there.
    async fn role(&self) -> PanelRole {
        self.member.role.into()
    }

    /// Since when.
    async fn joined_at(&self) -> DateTime<Utc> {
        self.member.joined_at
    }

    /// Whether a new message of the patient alerts them; null for the patient.
    async fn alerted(&self, ctx: &Context<'_>) -> ApiResult<Option<bool>> {
        match &*ctx.viewer().await? {
            Viewer::Patient(_) => Ok(None),
            Viewer::Staff(_) => Ok(Some(self.member.alerted)),
        }
    }

    /// Why it does not alert them; null when it does, and for the patient.
    async fn not_alerted_because(&self, ctx: &Context<'_>) -> ApiResult<Option<NotAlertedReason>> {
        match &*ctx.viewer().await? {
            Viewer::Patient(_) => Ok(None),
            Viewer::Staff(_) => Ok(self.member.not_alerted.map(Into::into)),
        }
    }
}

/// A patient and a staff member.
#[derive(InputObject)]
pub struct CareTeamInput {
    /// The patient.
    patient_id: ID,
    /// The staff member who joins or leaves the care team.
    staff_id: ID,
}

/// A patient.
#[derive(InputObject)]
pub struct NotificationUserInput {
    /// The patient for whom the viewer is to be alerted or not.
    patient_id: ID,
}

/// Changes of panels.
#[derive(Default)]
pub struct PanelMutation;

#[Object]
impl PanelMutation {
    /// Puts an active clinician on a patient's care team. A notification user becomes a member; who is one already stays.
    /// For clinicians and administrators, of patients whom they reach; where nobody hears a patient, also for whoever is called
    /// then.
    async fn add_to_care_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient and the new member.")] input: CareTeamInput,
    ) -> ApiResult<PatientPayload> {
        let keeper = policy::record_keeper(&*ctx.viewer().await?)?;
        let patient = read_id(PatientId::from_public, &input.patient_id)?;
        let reader = ctx.core().store.reader();
        let patient = policy::open_for_called(reader, &keeper, &[patient])
            .await?
            .pop();
        let patient = patient.ok_or(ApiError::NotFound)?;
        let staff = read_id(StaffId::from_public, &input.staff_id)?;
        let outcome = panel::add_to_care_team(ctx.core(), &keeper, &patient, staff).await;
        answer(ctx, &patient, outcome).await
    }

    /// Takes a staff member off a patient's care team; who is not on it is left alone. For clinicians and administrators.
    async fn remove_from_care_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient and the member.")] input: CareTeamInput,
    ) -> ApiResult<PatientPayload> {
        let keeper = policy::record_keeper(&*ctx.viewer().await?)?;
        let patient = open(ctx, &input.patient_id).await?;
        let staff = read_id(StaffId::from_public, &input.staff_id)?;
        let outcome = panel::remove_from_care_team(ctx.core(), &keeper, &patient, staff).await;
        answer(ctx, &patient, outcome).await
    }

    /// The viewer asks to be alerted for a patient whose care team they are not on. Changes nothing for who stands in the
    /// panel already. For clinicians.
    async fn become_notification_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient.")] input: NotificationUserInput,
    ) -> ApiResult<PatientPayload> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let patient = open(ctx, &input.patient_id).await?;
        let outcome = panel::become_notification_user(ctx.core(), &clinician, &patient).await;
        answer(ctx, &patient, outcome).await
    }

    /// The viewer leaves a patient's panel as a notification user. Changes nothing for a member of the care team. For
    /// clinicians.
    async fn stop_notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient.")] input: NotificationUserInput,
    ) -> ApiResult<PatientPayload> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let patient = open(ctx, &input.patient_id).await?;
        let outcome = panel::stop_notifications(ctx.core(), &clinician, &patient).await;
        answer(ctx, &patient, outcome).await
    }
}

async fn open(ctx: &Context<'_>, id: &ID) -> ApiResult<PatientInView> {
    let viewer = ctx.viewer().await?;
    let id = read_id(PatientId::from_public, id)?;
    Ok(policy::open_patient(ctx.core().store.reader(), &viewer, id).await?)
}

async fn answer(
    ctx: &Context<'_>,
    patient: &PatientInView,
    outcome: Result<(), PanelError>,
) -> ApiResult<PatientPayload> {
    let (done, errors) = settle(outcome)?;
    let patient = match done {
        Some(()) => if_still_in_view(ctx, patient.id()).await?,
        None => None,
    };
    Ok(PatientPayload::new(patient, errors))
}
