//! Opening cases.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::PatientId;

use super::{
    body::draft_error,
    case::{Case, CasePriority, CaseSource},
    case_changes::still_in_view,
    context::ContextExt as _,
    error::{ApiResult, UserError, UserErrorCode, sentence},
    id::read_id,
    refusal::{Refusal, mendable, settle},
    send_error::send_error,
};
use crate::domain::{
    cases::{self, NewContactRequest, OpenError, Opened},
    policy,
};

/// A contact request of the patient's own.
#[derive(InputObject)]
pub struct OpenContactRequestInput {
    /// What it is about; at most 2,000 characters.
    reason: String,
    /// The mobile number for answers by text; left out, the one on file.
    phone: Option<String>,
    /// Chosen by the client, 1 to 128 printable ASCII characters without spaces, such as a UUID. A retry with the same key gives
    /// the case that was opened already; with another content it is refused.
    idempotency_key: String,
}

/// A contact request that staff, or another system that signs in as a staff member, write down.
#[derive(InputObject)]
pub struct CreateContactRequestInput {
    /// The patient.
    patient_id: ID,
    /// How it came: `INTEGRATION`, whose reason is taken to be the patient's own words, or `TELEPHONE` or `STAFF`, whose reason
    /// becomes an internal note.
    source: CaseSource,
    /// What it is about; at most 2,000 characters.
    reason: String,
    /// The mobile number that was given for answers by text; left out, the one on file.
    phone: Option<String>,
    /// How soon it is to be worked on.
    #[graphql(default_with = "CasePriority::Normal")]
    priority: CasePriority,
    /// As for a patient's own.
    idempotency_key: String,
}

/// The confirmation that a case is stored.
#[derive(SimpleObject)]
pub struct ContactRequestPayload {
    /// The case; null when it was not opened, and when the viewer may not open it any more.
    case: Option<Case>,
    /// The id of the case, also for whoever repeats a request and may not open it any more; null when it was not opened.
    case_id: Option<ID>,
    /// Whether an earlier request with the same idempotency key had opened it.
    replayed: bool,
    /// What must be mended.
    errors: Vec<UserError>,
}

impl From<OpenError> for Refusal {
    fn from(error: OpenError) -> Self {
        let mended = match error {
            OpenError::Invalid(wrong) => return mendable(wrong),
            OpenError::Denied(denied) => return Self::Final(denied.into()),
            OpenError::Draft(error) => Ok(draft_error(error)),
            OpenError::OwnRequest => {
                let sentence = sentence(&error);
                Ok(UserError::at("source", UserErrorCode::Invalid, sentence))
            }
            OpenError::Refused(refused) => send_error(refused),
        };
        match mended {
            Ok(error) => Self::Mendable(vec![error]),
            Err(error) => Self::Final(error),
        }
    }
}

/// Opening cases.
#[derive(Default)]
pub struct ContactRequestMutation;

#[Object]
impl ContactRequestMutation {
    /// Opens a contact request of the patient's own. Staff are alerted as by any message, and answer by text to the number that
    /// was given, and in the portal. For patients.
    async fn open_contact_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is about.")] input: OpenContactRequestInput,
    ) -> ApiResult<ContactRequestPayload> {
        let patient = policy::patient(&*ctx.viewer().await?)?;
        let new = NewContactRequest {
            patient: patient.patient(),
            source: entity::CaseSource::Portal,
            reason: input.reason,
            number: input.phone,
            priority: entity::CasePriority::Normal,
            idempotency_key: input.idempotency_key,
        };
        answer(ctx, cases::open(ctx.core(), &patient, new).await).await
    }

    /// Writes down a contact request about a patient; who did stands in `Case.openedBy`. For clinicians who may open the patient,
    /// and for other systems that sign in as one.
    async fn create_contact_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is about, and how it came.")] input: CreateContactRequestInput,
    ) -> ApiResult<ContactRequestPayload> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let new = NewContactRequest {
            patient: read_id(PatientId::from_public, &input.patient_id)?,
            source: input.source.into(),
            reason: input.reason,
            number: input.phone,
            priority: input.priority.into(),
            idempotency_key: input.idempotency_key,
        };
        answer(ctx, cases::create(ctx.core(), &clinician, new).await).await
    }
}

async fn answer(
    ctx: &Context<'_>,
    outcome: Result<Opened, OpenError>,
) -> ApiResult<ContactRequestPayload> {
    let (opened, errors) = settle(outcome)?;
    let case = match opened {
        Some(opened) => still_in_view(ctx, opened.case).await?,
        None => None,
    };
    Ok(ContactRequestPayload {
        case,
        case_id: opened.map(|opened| ID(opened.case.to_public())),
        replayed: opened.is_some_and(|opened| opened.replayed),
        errors,
    })
}
