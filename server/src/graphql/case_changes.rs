//! What staff do with cases.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::{ConversationId, StaffId};

use super::{
    case::{Case, CasePriority, CaseStatus, case_of},
    context::ContextExt as _,
    error::{ApiError, ApiResult, UserError, UserErrorCode, sentence},
    id::{LogPosition, read_id},
};
use crate::domain::{
    cases::{self, CaseError},
    event_log::bounds,
    policy::{self, AsClinician},
};

/// A case and the status that it is to have.
#[derive(InputObject)]
pub struct ChangeCaseStatusInput {
    /// The case.
    case_id: ID,
    /// Where it is to go: from `NEW` to `IN_PROGRESS` or `COMPLETE`, from `IN_PROGRESS` to `COMPLETE`, and from the archive back
    /// to `IN_PROGRESS`.
    status: CaseStatus,
    /// Where the viewer saw it. When it is elsewhere by now, nothing is changed and the error is `OUTDATED_STATUS`.
    seen_status: Option<CaseStatus>,
}

/// A case and who is to work on it.
#[derive(InputObject)]
pub struct AssignCaseInput {
    /// The case.
    case_id: ID,
    /// An active clinician; null or left out where nobody is to be assigned.
    assignee_id: Option<ID>,
}

/// A case and how soon it is to be worked on.
#[derive(InputObject)]
pub struct SetCasePriorityInput {
    /// The case.
    case_id: ID,
    /// How soon.
    priority: CasePriority,
}

/// A case and the number to which its texts are to go.
#[derive(InputObject)]
pub struct SetCaseNumberInput {
    /// The case.
    case_id: ID,
    /// A mobile number; null or left out, the one on file for the patient, whatever that is by then.
    phone: Option<String>,
}

/// A case whose thread is to be hidden.
#[derive(InputObject)]
pub struct HideThreadInput {
    /// The case.
    case_id: ID,
    /// How far the viewer has seen the clinic's log, such as the `position` of the conversation that they look at. When the
    /// patient has written since, the thread stays where it is, and the error is `PATIENT_WROTE_MEANWHILE`.
    seen_position: LogPosition,
}

/// A case whose thread is to be shown again.
#[derive(InputObject)]
pub struct ReturnThreadInput {
    /// The case.
    case_id: ID,
}

/// The case as it is now, or why it was not changed.
#[derive(SimpleObject)]
pub struct CasePayload {
    /// The case as it is now, also where it was not changed because somebody was faster; null when the viewer's own access has
    /// ended with the change.
    case: Option<Case>,
    /// What must be mended.
    errors: Vec<UserError>,
}

/// Changes of cases.
#[derive(Default)]
pub struct CaseMutation;

#[Object]
impl CaseMutation {
    /// Puts a case in progress, completes it, or takes it up again from the archive. Staff write to the patient while it is in
    /// progress; completing it ends the chat. Whoever puts it in progress takes part in it, so that the patient's messages
    /// alert them. For clinicians.
    async fn change_case_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case and its status.")] input: ChangeCaseStatusInput,
    ) -> ApiResult<CasePayload> {
        let (clinician, id) = addressed(ctx, &input.case_id).await?;
        let (to, seen) = (input.status.into(), input.seen_status.map(Into::into));
        let changed = cases::change_status(ctx.core(), &clinician, id, to, seen).await;
        answer(ctx, id, changed).await
    }

    /// Says who works on a case, or that nobody does. Whoever gets it from a colleague is alerted and notified, and takes
    /// part in it from then on. For clinicians.
    async fn assign_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case and who is to work on it.")] input: AssignCaseInput,
    ) -> ApiResult<CasePayload> {
        let (clinician, id) = addressed(ctx, &input.case_id).await?;
        let assignee = input.assignee_id.as_ref();
        let assignee = assignee.map(|id| read_id(StaffId::from_public, id));
        let changed = cases::assign(ctx.core(), &clinician, id, assignee.transpose()?).await;
        answer(ctx, id, changed).await
    }

    /// Says how soon a case is to be worked on. For clinicians.
    async fn set_case_priority(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case and its priority.")] input: SetCasePriorityInput,
    ) -> ApiResult<CasePayload> {
        let (clinician, id) = addressed(ctx, &input.case_id).await?;
        let priority = input.priority.into();
        let changed = cases::set_priority(ctx.core(), &clinician, id, priority).await;
        answer(ctx, id, changed).await
    }

    /// Says to which number a case's texts go from then on, such as after a slip or when the patient has another telephone. Texts
    /// from it join the case, and what waits for the number before does not leave. For clinicians.
    async fn set_case_number(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case and its number.")] input: SetCaseNumberInput,
    ) -> ApiResult<CasePayload> {
        let (clinician, id) = addressed(ctx, &input.case_id).await?;
        let number = input.phone.as_deref();
        let changed = cases::set_number(ctx.core(), &clinician, id, number).await;
        answer(ctx, id, changed).await
    }

    /// "Close thread": hides a case from the viewer's own lists and counts. It does not end the chat: when the patient writes,
    /// the case is back in everybody's lists and alerts as ever. For clinicians.
    async fn hide_thread(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case.")] input: HideThreadInput,
    ) -> ApiResult<CasePayload> {
        let (clinician, id) = addressed(ctx, &input.case_id).await?;
        let seen = input
            .seen_position
            .read_as("seenPosition", clinician.organization())?;
        let changed = cases::hide(ctx.core(), &clinician, id, seen).await;
        answer(ctx, id, changed).await
    }

    /// Takes a hidden case back into the viewer's own lists. For clinicians.
    async fn return_thread(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case.")] input: ReturnThreadInput,
    ) -> ApiResult<CasePayload> {
        let (clinician, id) = addressed(ctx, &input.case_id).await?;
        let changed = cases::take_back(ctx.core(), &clinician, id).await;
        answer(ctx, id, changed).await
    }
}

async fn addressed(ctx: &Context<'_>, id: &ID) -> ApiResult<(AsClinician, ConversationId)> {
    let clinician = policy::clinician(&*ctx.viewer().await?)?;
    Ok((clinician, read_id(ConversationId::from_public, id)?))
}

async fn answer(
    ctx: &Context<'_>,
    id: ConversationId,
    changed: Result<(), CaseError>,
) -> ApiResult<CasePayload> {
    let errors = match changed {
        Ok(()) => Vec::new(),
        Err(error) => case_errors(error)?,
    };
    Ok(CasePayload {
        case: still_in_view(ctx, id).await?,
        errors,
    })
}

/// The case as the viewer sees it now; none when they do not any more.
pub(super) async fn still_in_view(
    ctx: &Context<'_>,
    id: ConversationId,
) -> ApiResult<Option<Case>> {
    let (reader, viewer) = (ctx.core().store.reader(), ctx.viewer().await?);
    let position = bounds(reader, viewer.organization()).await?.head;
    match policy::read_conversation(reader, &viewer, id)
        .await
        .map_err(Into::into)
    {
        Ok(in_view) => case_of(ctx, &in_view, position).await,
        Err(ApiError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

fn case_errors(error: CaseError) -> ApiResult<Vec<UserError>> {
    let sentence = sentence(&error);
    let (field, code) = match error {
        CaseError::MovedOn => ("seenStatus", UserErrorCode::OutdatedStatus),
        CaseError::Written => ("seenPosition", UserErrorCode::PatientWroteMeanwhile),
        CaseError::NoSuchMove { .. } => ("status", UserErrorCode::WrongState),
        CaseError::NotClinician => ("assigneeId", UserErrorCode::WrongState),
        CaseError::NotACase => ("caseId", UserErrorCode::WrongState),
        CaseError::Invalid(wrong) => return Ok(wrong.into_iter().map(UserError::from).collect()),
        CaseError::Denied(denied) => return Err(denied.into()),
    };
    Ok(vec![UserError::at(field, code, sentence)])
}
