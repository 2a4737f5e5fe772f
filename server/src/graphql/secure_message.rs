//! Beginning secure messages.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::{MessageKind, PatientId, StaffId};

use super::{
    body,
    context::ContextExt as _,
    conversation::Conversation,
    conversation_queries::open,
    enclosures,
    error::{ApiResult, UserError, UserErrorCode, sentence},
    id::{LogPosition, read_id, read_ids},
    message::Message,
    rich_text::RichTextInput,
    send_error::send_error,
};
use crate::domain::{
    conversations::{self, BeginError, Begun, NewSecureMessage, Opening},
    event_log::Position,
    messages::{self, Draft, Enclosures},
    people::values::{Wrong, title},
    policy,
};

/// A secure message to begin.
#[derive(InputObject)]
pub struct BeginSecureMessageInput {
    /// The patient, who is always included.
    pub(super) patient_id: ID,
    /// The staff members to whom it is addressed, besides the viewer: active clinicians, at most 50. They are alerted when
    /// the patient answers.
    #[graphql(default)]
    pub(super) to: Vec<ID>,
    /// What it is about: one line of 1 to 200 characters. Given unless there is a template.
    pub(super) title: Option<String>,
    /// The text. Given unless there is a template, or files alone are sent.
    pub(super) body: Option<RichTextInput>,
    /// In place of `title` and `body`, a message template, of which the patient gets the approved text in their language, or in
    /// the one that stands in by the clinic's order.
    pub(super) template_id: Option<ID>,
    /// Files about the patient that the viewer has uploaded for this message, in the order in which they are to be shown.
    /// Each can be used once.
    #[graphql(default)]
    pub(super) attachment_ids: Vec<ID>,
    /// Documents of the patient's chart, which are shown after the uploaded files and stay in the chart.
    #[graphql(default)]
    pub(super) chart_document_ids: Vec<ID>,
    /// Whether the patient may answer; left out, the clinic's rule counts.
    pub(super) allow_reply: Option<bool>,
    /// Chosen by the client, 1 to 128 printable ASCII characters without spaces, such as a UUID. A retry with the same key
    /// gives the conversation that was begun already; with another content it is refused.
    pub(super) idempotency_key: String,
}

/// The confirmation that a secure message has begun.
#[derive(SimpleObject, Default)]
pub struct BeginSecureMessagePayload {
    /// The conversation; null when it was not begun.
    conversation: Option<Conversation>,
    /// Its first message.
    message: Option<Message>,
    /// The position of the first message's event.
    position: Option<LogPosition>,
    /// Whether an earlier request with the same idempotency key had begun it.
    replayed: bool,
    /// What must be mended before it can be begun, such as `PORTAL_DISABLED`, `PATIENT_PORTAL_ACCESS_MISSING` or
    /// `NO_CONTACT_ON_FILE`.
    errors: Vec<UserError>,
}

/// Secure messages.
#[derive(Default)]
pub struct SecureMessageMutation;

#[Object]
impl SecureMessageMutation {
    /// Begins a secure message to a patient, which only staff do. The patient is notified with a link. For clinicians who may
    /// open the patient.
    async fn begin_secure_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to send to whom.")] input: BeginSecureMessageInput,
    ) -> ApiResult<BeginSecureMessagePayload> {
        let clinician = policy::clinician(&*ctx.viewer().await?)?;
        let new = match read(input)? {
            Ok(new) => new,
            Err(errors) => return Ok(refused(errors)),
        };
        match conversations::begin_secure_message(ctx.core(), &clinician, new).await {
            Ok(begun) => answer(ctx, begun).await,
            Err(error) => Ok(refused(vec![begin_error(error)?])),
        }
    }
}

/// Reads what is to be begun. The inner errors are what must be mended.
pub(super) fn read(
    input: BeginSecureMessageInput,
) -> ApiResult<Result<NewSecureMessage, Vec<UserError>>> {
    let patient = read_id(PatientId::from_public, &input.patient_id)?;
    let to = read_ids(StaffId::from_public, &input.to)?;
    let files = enclosures::read(&input.attachment_ids, &input.chart_document_ids);
    let (allow, key) = (input.allow_reply, input.idempotency_key);
    let opening = match (input.title, input.body, input.template_id) {
        (None, None, Some(id)) => body::template(&id, key)?
            .and_then(|wanted| Ok(wanted.enclosing(files?).allowing_reply(allow)))
            .map(Opening::Template)
            .map_err(|error| vec![error]),
        (title, body, None) => {
            let draft = files.and_then(|files| first(body, files, key));
            own_words(title, draft.map(|draft| draft.allowing_reply(allow)))
        }
        (_, _, Some(_)) => Err(vec![UserError::at(
            "templateId",
            UserErrorCode::Invalid,
            "Give either a title and a body, or a template.",
        )]),
    };
    Ok(opening.map(|opening| NewSecureMessage {
        patient,
        to,
        opening,
    }))
}

fn own_words(
    given: Option<String>,
    draft: Result<Draft, UserError>,
) -> Result<Opening, Vec<UserError>> {
    let title = title(&given.unwrap_or_default());
    match (title, draft) {
        (Ok(title), Ok(draft)) => Ok(Opening::Own { title, draft }),
        (title, draft) => {
            let title = title
                .err()
                .map(|problem| Wrong::new("title", problem).into());
            Err(title.into_iter().chain(draft.err()).collect())
        }
    }
}

fn first(body: Option<RichTextInput>, files: Enclosures, key: String) -> Result<Draft, UserError> {
    match body {
        Some(text) => {
            let text = body::rich("body", text)?;
            Draft::beginning(&text, key).map(|draft| draft.enclosing(files))
        }
        None => Draft::of_files(Draft::TO_BE_BEGUN, MessageKind::Message, files, key),
    }
    .map_err(body::draft_error)
}

async fn answer(ctx: &Context<'_>, begun: Begun) -> ApiResult<BeginSecureMessagePayload> {
    let core = ctx.core();
    let conversation = open(core, &*ctx.viewer().await?, begun.conversation).await?;
    let organization = begun.message.organization_id;
    let position = LogPosition::new(Position(begun.message.position), organization);
    let view = messages::with_author(core.store.reader(), begun.message).await?;
    Ok(BeginSecureMessagePayload {
        conversation: Some(conversation),
        message: Some(Message(Arc::new(view))),
        position: Some(position),
        replayed: begun.replayed,
        errors: Vec::new(),
    })
}

fn begin_error(error: BeginError) -> ApiResult<UserError> {
    let sentence = sentence(&error);
    match error {
        BeginError::Recipient => Ok(UserError::at("to", UserErrorCode::WrongState, sentence)),
        BeginError::TooManyRecipients => {
            Ok(UserError::at("to", UserErrorCode::OutOfRange, sentence))
        }
        BeginError::Refused(refused) => send_error(refused),
        BeginError::Denied(denied) => Err(denied.into()),
    }
}

fn refused(errors: Vec<UserError>) -> BeginSecureMessagePayload {
    BeginSecureMessagePayload {
        errors,
        ..BeginSecureMessagePayload::default()
    }
}
