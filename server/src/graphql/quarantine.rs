//! Texts that came in and could not be placed, and what staff do with them.

use async_graphql::{
    Context, Description, Enum, ID, InputObject, Object, SimpleObject, connection::Connection,
};
use chrono::{DateTime, Utc};
use entity::{DevelopmentMessageId, MessageBody, PatientId, QuarantinedTextId, TextRemarks};

use super::{
    context::ContextExt as _,
    error::{ApiError, ApiResult, UserError, UserErrorCode},
    id::read_id,
    notification::DevelopmentOutboxInUse,
    page::{List, Opaque, PageArguments, connection},
    refusal::{Refusal, settle},
};
use crate::domain::{
    policy,
    texts::{
        development,
        quarantine::{self, Quarantined, ResolveError},
    },
};

/// The most characters of an answer to a text of the development outbox.
const MAX_ANSWER: usize = 1_600;

/// Why a text could not be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::QuarantineReason")]
pub enum QuarantineReason {
    /// No patient has the number that it came from on file, and none has a case with it that takes texts; while the clinic's
    /// texting is off no case does.
    UnknownSender,
    /// Several patients have the number that it came from. It is never guessed which of them wrote.
    SharedNumber,
    /// It did not come from a mobile number.
    ForeignSender,
    /// It was sent to a number that is not one of the clinic's.
    UnknownReceiver,
    /// The clinic does not text with the patient, or not any more.
    NotEnrolled,
    /// It sounds as if its sender wanted no more texts. It does nothing by itself; a staff member decides.
    OptOutWish,
    /// It could not be handled again and again.
    NotHandled,
}

/// What became of a text that could not be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::QuarantineState")]
pub enum QuarantineState {
    /// Nobody has looked after it.
    Open,
    /// A staff member said whose it is.
    Assigned,
    /// A staff member put it away.
    Dismissed,
}

/// A text that came in and could not be placed.
#[derive(Clone, Description)]
pub struct QuarantinedText(Quarantined);

#[Object(use_type_description)]
impl QuarantinedText {
    /// The id.
    async fn id(&self) -> ID {
        ID(self.0.row.id.to_public())
    }

    /// Why it could not be placed.
    async fn reason(&self) -> QuarantineReason {
        self.0.row.reason.into()
    }

    /// Whether it holds words that the clinic treats as urgent. Somebody was called to look after it.
    async fn urgent(&self) -> bool {
        self.0.row.remarks.hold(TextRemarks::URGENT)
    }

    /// Whether it sounds as if its sender wanted no more texts. It does nothing by itself; somebody was called to decide.
    async fn opt_out_wish(&self) -> bool {
        self.0.row.remarks.hold(TextRemarks::OPT_OUT_WISH)
    }

    /// What became of it.
    async fn state(&self) -> QuarantineState {
        self.0.row.state.into()
    }

    /// The number that it came from.
    async fn from(&self) -> &str {
        self.0.row.their_number.reveal()
    }

    /// The number that it was sent to.
    async fn to(&self) -> &str {
        self.0.row.our_number.reveal()
    }

    /// What it says; null once somebody has looked after it.
    async fn body(&self, ctx: &Context<'_>) -> ApiResult<Option<&str>> {
        let body = self.0.body.as_ref().map(MessageBody::reveal);
        ctx.budget().write(body.map_or(0, str::len))?;
        Ok(body)
    }

    /// When it came in.
    async fn received_at(&self) -> DateTime<Utc> {
        self.0.row.received_at
    }
}

/// A text and the patient whose it is.
#[derive(InputObject)]
pub struct AssignQuarantinedTextInput {
    /// The text.
    id: ID,
    /// The patient.
    patient_id: ID,
}

/// A text to put away.
#[derive(InputObject)]
pub struct DismissQuarantinedTextInput {
    /// The text.
    id: ID,
}

/// An answer to a text of the development outbox.
#[derive(InputObject)]
pub struct AnswerDevelopmentTextInput {
    /// The message of the development outbox; it must be a text.
    id: ID,
    /// What its receiver answers, at most 1,600 characters.
    body: String,
}

/// A text that was looked after, or why it was not.
#[derive(SimpleObject)]
pub struct QuarantinedTextPayload {
    /// The text as it is now; null when nothing was changed.
    quarantined_text: Option<QuarantinedText>,
    /// What must be mended.
    errors: Vec<UserError>,
}

/// An answer without content.
#[derive(SimpleObject)]
pub struct AnswerDevelopmentTextPayload {
    /// Always true: the answer is stored as a text that came in, and will have its effect.
    accepted: bool,
}

impl QuarantinedTextPayload {
    fn new(outcome: Result<Quarantined, ResolveError>) -> ApiResult<Self> {
        let (text, errors) = settle(outcome)?;
        Ok(Self {
            quarantined_text: text.map(QuarantinedText),
            errors,
        })
    }
}

impl From<ResolveError> for Refusal {
    fn from(error: ResolveError) -> Self {
        let mendable =
            |message| Self::Mendable(vec![UserError::general(UserErrorCode::WrongState, message)]);
        match error {
            ResolveError::Resolved => mendable("Somebody has looked after this text before."),
            ResolveError::NotPlaced(_) => mendable("The clinic does not text with this patient."),
            ResolveError::Denied(denied) => Self::Final(denied.into()),
        }
    }
}

/// Queries about quarantined texts.
#[derive(Default)]
pub struct QuarantineQuery;

#[Object]
impl QuarantineQuery {
    /// Texts that came in and could not be placed, while nobody has looked after them: urgent ones first, then those that sound
    /// as if their sender wanted no more, and of each the newest first. For clinicians; those
    /// from a number of a patient whom the viewer does not reach are left out.
    async fn quarantined_texts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100. 25 by default.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, QuarantinedText>> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let list = List {
            name: "quarantined texts",
            owner: clinician.organization().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice(list)?;
        let page = quarantine::quarantined(ctx.core(), &clinician, &slice).await?;
        Ok(connection(list, page, Quarantined::cursor, QuarantinedText))
    }
}

/// Changes of quarantined texts.
#[derive(Default)]
pub struct QuarantineMutation;

#[Object]
impl QuarantineMutation {
    /// Says whose a text is: it then stands with the patient as if it had come from their own number. For clinicians who reach
    /// the patient.
    async fn assign_quarantined_text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The text and the patient.")] input: AssignQuarantinedTextInput,
    ) -> ApiResult<QuarantinedTextPayload> {
        let viewer = ctx.viewer().await?;
        let clinician = policy::clinician(&viewer)?;
        let id = read_id(QuarantinedTextId::from_public, &input.id)?;
        let patient = read_id(PatientId::from_public, &input.patient_id)?;
        let reader = ctx.core().store.reader();
        let patient = policy::open_patient(reader, &viewer, patient).await?;
        QuarantinedTextPayload::new(quarantine::assign(ctx.core(), &clinician, id, &patient).await)
    }

    /// Puts a text away. What it says is kept no longer. For clinicians.
    async fn dismiss_quarantined_text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: DismissQuarantinedTextInput,
    ) -> ApiResult<QuarantinedTextPayload> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let id = read_id(QuarantinedTextId::from_public, &input.id)?;
        QuarantinedTextPayload::new(quarantine::dismiss(ctx.core(), &clinician, id).await)
    }

    /// Answers a text of the development outbox as its receiver. The answer goes the way of any text that comes in. For
    /// administrators, and only where the server uses the development outbox.
    async fn answer_development_text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The text and the answer.")] input: AnswerDevelopmentTextInput,
    ) -> ApiResult<AnswerDevelopmentTextPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        if *ctx.data_unchecked::<DevelopmentOutboxInUse>() == DevelopmentOutboxInUse(false) {
            return Err(ApiError::Forbidden(
                "This server does not use the development outbox.".to_owned(),
            ));
        }
        if input.body.chars().count() > MAX_ANSWER {
            return Err(ApiError::BadInput {
                argument: "body",
                message: format!("It has at most {MAX_ANSWER} characters."),
            });
        }
        let id = read_id(DevelopmentMessageId::from_public, &input.id)?;
        let body = MessageBody::new(input.body);
        development::answer(ctx.core(), &administrator, id, &body).await?;
        Ok(AnswerDevelopmentTextPayload { accepted: true })
    }
}
