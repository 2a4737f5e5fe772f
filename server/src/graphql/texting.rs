//! Enrolment in texting: where it stands, and what staff do about it (TXT-1 to TXT-3).

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::PatientId;

use super::{
    context::ContextExt as _,
    error::{ApiResult, UserError, UserErrorCode},
    id::read_id,
    patient::{Patient, if_still_in_view},
    refusal::{Refusal, settle},
};
use crate::domain::{
    policy::{self, AsRecordKeeper, PatientInView},
    texting::{self, Obstacle, Standing, TextingError, machine::State},
};

/// Where a patient's enrolment in texting stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::TextingStatus")]
pub enum TextingStatus {
    /// Nobody has asked the patient.
    None,
    /// The patient was asked for their date of birth.
    Pending,
    /// The patient has sent it: they and the clinic can text.
    Enabled,
    /// Three answers were wrong, or two weeks passed without the right one. `restartTexting` begins again.
    Failed,
    /// The patient gets no texts: STOP came from the number, or staff opted them out.
    OptedOut,
}

/// Why an enrolment in texting failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::TextingFailure")]
pub enum TextingFailure {
    /// Three answers were wrong.
    WrongAnswers,
    /// Two weeks passed.
    TimePassed,
}

/// Who wanted a patient to get no more texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::OptedOutBy")]
pub enum OptedOutBy {
    /// Whoever has the phone: STOP came from it, and START leads back.
    Patient,
    /// A staff member.
    Staff,
}

/// What stands in the way of texting with a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "texting::Obstacle")]
pub enum TextingObstacle {
    /// The clinic has not switched texting on.
    TextingOff,
    /// No mobile number of the patient is on file.
    NoNumber,
    /// Another patient has the same number, so that nobody can tell whose texts these are. It gets neutral links only, and
    /// what comes from it is kept apart.
    NumberShared,
    /// The number was opted out by STOP. It gets texts again when START comes from it.
    NumberOptedOut,
    /// The clinic has no number to text from.
    NoGateway,
}

/// A patient's enrolment in texting.
#[derive(Description)]
pub struct Texting(pub Standing);

#[Object(use_type_description)]
impl Texting {
    /// Where it stands.
    async fn status(&self) -> TextingStatus {
        self.0.state.status().into()
    }

    /// Since when; null where nobody has asked the patient.
    async fn since(&self) -> Option<DateTime<Utc>> {
        self.0.since.filter(|_| self.0.state != State::None)
    }

    /// How many more answers may be wrong; null where no answer is waited for.
    async fn tries_left(&self) -> Option<i32> {
        self.0.state.tries_left()
    }

    /// Until when the answer is waited for; null where none is.
    async fn answer_by(&self) -> Option<DateTime<Utc>> {
        self.0.state.answer_by()
    }

    /// Why it failed; null where it did not.
    async fn failure(&self) -> Option<TextingFailure> {
        match self.0.state {
            State::Failed(failure) => Some(entity::TextingFailure::from(failure).into()),
            State::None | State::Pending(_) | State::Enabled | State::OptedOut { .. } => None,
        }
    }

    /// Who opted the patient out; null where nobody did.
    async fn opted_out_by(&self) -> Option<OptedOutBy> {
        match self.0.state {
            State::OptedOut { by, .. } => Some(entity::OptedOutBy::from(by).into()),
            State::None | State::Pending(_) | State::Enabled | State::Failed(_) => None,
        }
    }

    /// What stands in the way of texting with the patient, whatever the status; empty where nothing does.
    async fn obstacles(&self) -> Vec<TextingObstacle> {
        self.0.obstacles.iter().copied().map(Into::into).collect()
    }
}

/// The patient whose enrolment is to be changed.
#[derive(InputObject)]
pub struct TextingInput {
    /// The patient.
    patient_id: ID,
}

/// The patient with their enrolment as it is now, or what stands in the way.
#[derive(SimpleObject)]
pub struct TextingPayload {
    /// The patient; null when nothing was changed.
    patient: Option<Patient>,
    /// What must be mended.
    errors: Vec<UserError>,
}

impl From<TextingError> for Refusal {
    fn from(error: TextingError) -> Self {
        let (code, sentence) = match error {
            TextingError::Denied(denied) => return Self::Final(denied.into()),
            TextingError::NotNow(why) => (UserErrorCode::WrongState, why.to_string()),
            TextingError::Obstacle(obstacle) => (code(obstacle), obstacle.to_string()),
        };
        Self::Mendable(vec![UserError::at("patientId", code, sentence)])
    }
}

const fn code(obstacle: Obstacle) -> UserErrorCode {
    match obstacle {
        Obstacle::TextingOff => UserErrorCode::TextingOff,
        Obstacle::NoNumber => UserErrorCode::NotAMobileNumber,
        Obstacle::NumberShared => UserErrorCode::NumberShared,
        Obstacle::NumberOptedOut => UserErrorCode::NumberOptedOut,
        Obstacle::NoGateway => UserErrorCode::NoTextGateway,
    }
}

/// Changing enrolments.
#[derive(Default)]
pub struct TextingMutation;

#[Object]
impl TextingMutation {
    /// Asks a patient by text for their date of birth; with the right answer they and the clinic can text. For clinicians and
    /// administrators.
    async fn enable_texting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient.")] input: TextingInput,
    ) -> ApiResult<TextingPayload> {
        let (keeper, patient) = open(ctx, &input).await?;
        answer(
            ctx,
            patient.id(),
            texting::enable(ctx.core(), &keeper, &patient).await,
        )
        .await
    }

    /// Sends the question again while the answer is waited for: there are two more weeks for it, and no more tries. For
    /// clinicians and administrators.
    async fn resend_texting_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient.")] input: TextingInput,
    ) -> ApiResult<TextingPayload> {
        let (keeper, patient) = open(ctx, &input).await?;
        answer(
            ctx,
            patient.id(),
            texting::resend(ctx.core(), &keeper, &patient).await,
        )
        .await
    }

    /// Begins again after a failure, with three tries. For clinicians and administrators.
    async fn restart_texting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient.")] input: TextingInput,
    ) -> ApiResult<TextingPayload> {
        let (keeper, patient) = open(ctx, &input).await?;
        answer(
            ctx,
            patient.id(),
            texting::restart(ctx.core(), &keeper, &patient).await,
        )
        .await
    }

    /// Opts a patient out of texting. For clinicians and administrators.
    async fn opt_patient_out_of_texting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The patient.")] input: TextingInput,
    ) -> ApiResult<TextingPayload> {
        let (keeper, patient) = open(ctx, &input).await?;
        answer(
            ctx,
            patient.id(),
            texting::opt_out(ctx.core(), &keeper, &patient).await,
        )
        .await
    }
}

async fn open(
    ctx: &Context<'_>,
    input: &TextingInput,
) -> ApiResult<(AsRecordKeeper, PatientInView)> {
    let viewer = ctx.viewer().await?;
    let keeper = policy::record_keeper(&viewer)?;
    let id = read_id(PatientId::from_public, &input.patient_id)?;
    let patient = policy::open_patient(ctx.core().store.reader(), &viewer, id).await?;
    Ok((keeper, patient))
}

async fn answer(
    ctx: &Context<'_>,
    patient: PatientId,
    outcome: Result<(), TextingError>,
) -> ApiResult<TextingPayload> {
    let (done, errors) = settle(outcome)?;
    let patient = match done {
        Some(()) => if_still_in_view(ctx, patient).await?,
        None => None,
    };
    Ok(TextingPayload { patient, errors })
}
