//! Writing: sending and notes.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::{ConversationId, MessageId, MessageKind, OrganizationId};

use super::{
    body,
    context::ContextExt as _,
    enclosures,
    error::{ApiResult, UserError, UserErrorCode},
    id::{LogPosition, read_id},
    message::{Channel, Message},
    missed::{answered_meanwhile, shown_missed},
    rich_text::RichTextInput,
    send_error::send_error,
};
use crate::domain::{
    cases,
    core::Core,
    event_log::Position,
    messages::{self, Draft, MessageView, SendError, Sent, TemplateDraft, Wording},
    policy,
    viewer::Viewer,
};

/// A message to send.
#[derive(InputObject)]
pub struct SendMessageInput {
    /// The conversation to write in.
    conversation_id: ID,
    /// Plain text of at most 20,000 characters. It is stored exactly as it is. One of this, `richBody` and `templateId` is
    /// given, unless there are files.
    body: Option<String>,
    /// Formatted text, which is cleaned.
    rich_body: Option<RichTextInput>,
    /// A message template, of which the patient gets the approved text in their language, or in the one that stands in by the
    /// clinic's order. For clinicians.
    template_id: Option<ID>,
    /// Files about the conversation's patient that the author has uploaded for this message, in the order in which they are
    /// to be shown. Each can be used once. Patients send files where the rules of the conversation's kind let them.
    #[graphql(default)]
    attachment_ids: Vec<ID>,
    /// Documents of the patient's chart, which are shown after the uploaded files and stay in the chart. For staff who may
    /// open the chart.
    #[graphql(default)]
    chart_document_ids: Vec<ID>,
    /// By which way it is to go to the patient: `PORTAL` or `SMS`. Left out, by the way that the patient used last. A text
    /// carries the message only where the patient's texting status is `ENABLED`, and if it is plain, without files and not
    /// longer than ten parts; otherwise it stands in the portal and the patient gets a link. The `channel` of the message tells
    /// which way it went. For staff.
    channel: Option<Channel>,
    /// Whether the patient may answer from then on, for conversations that can be closed; left out, it stays as it is.
    allow_reply: Option<bool>,
    /// How far the author has seen the clinic's log, such as the `position` of the conversation that they look at. If a
    /// colleague has answered the patient since, the message is held back with `ANSWERED_MEANWHILE` and what was missed;
    /// sending it again with `position` of that answer, and the same idempotency key, confirms it.
    seen_position: Option<LogPosition>,
    /// Chosen by the client, 1 to 128 printable ASCII characters without spaces, such as a UUID. A retry with the same key
    /// gives the message that is stored already; with another body or template, or other files, it is refused.
    idempotency_key: String,
}

/// A note to add.
#[derive(InputObject)]
pub struct AddNoteInput {
    /// The conversation to write in.
    conversation_id: ID,
    /// Plain text of at most 20,000 characters. It is stored exactly as it is. It is given unless there are files.
    body: Option<String>,
    /// As for a message.
    #[graphql(default)]
    attachment_ids: Vec<ID>,
    /// As for a message.
    #[graphql(default)]
    chart_document_ids: Vec<ID>,
    /// As for a message.
    idempotency_key: String,
}

/// The confirmation that a message is stored.
#[derive(SimpleObject, Default)]
pub struct SendMessagePayload {
    /// The message as it is stored; null when it was not.
    message: Option<Message>,
    /// The position of the message's event.
    position: Option<LogPosition>,
    /// Whether an earlier request with the same idempotency key had stored it.
    replayed: bool,
    /// What a machine answers at once where the patient writes after the end of a case: how else to reach the clinic. The message
    /// is kept for staff, and nobody may read it soon. Null otherwise.
    automatic_answer: Option<String>,
    /// What colleagues have written meanwhile, the oldest first, when the message was held back with `ANSWERED_MEANWHILE`.
    missed: Vec<Message>,
    /// What must be mended before it can be stored.
    errors: Vec<UserError>,
}

/// Writing in conversations.
#[derive(Default)]
pub struct SendingMutation;

#[Object]
impl SendingMutation {
    /// Writes a message in a conversation. It answers when the message is on disk, with the message as it is stored.
    async fn send_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] input: SendMessageInput,
    ) -> ApiResult<SendMessagePayload> {
        let viewer = ctx.viewer().await?;
        let conversation = read_id(ConversationId::from_public, &input.conversation_id)?;
        let seen = input
            .seen_position
            .map(|position| position.read_as("seenPosition", viewer.organization()))
            .transpose()?;
        if input.channel == Some(Channel::Email) {
            let sentence = "E-mail carries notifications only.";
            return Ok(refused(UserError::at(
                "channel",
                UserErrorCode::Invalid,
                sentence,
            )));
        }
        let chosen = input.channel.map(Into::into);
        let files = match enclosures::read(&input.attachment_ids, &input.chart_document_ids) {
            Ok(files) => files,
            Err(error) => return Ok(refused(error)),
        };
        let given = body::Given {
            plain: input.body,
            formatted: input.rich_body,
            template: input.template_id,
            files,
        };
        let wording = body::wording(conversation, given, input.idempotency_key)?;
        let draft = match wording.map(|wording| {
            wording
                .allowing_reply(input.allow_reply)
                .seen(seen)
                .by(chosen)
        }) {
            Ok(Wording::Own(draft)) => Ok(draft),
            Ok(Wording::Template(wanted)) => filled(ctx, conversation, &wanted).await?,
            Err(error) => Err(error),
        };
        write(ctx, draft).await
    }

    /// Adds an internal note, which no patient ever sees. For clinicians.
    async fn add_note(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The note.")] input: AddNoteInput,
    ) -> ApiResult<SendMessagePayload> {
        let conversation = read_id(ConversationId::from_public, &input.conversation_id)?;
        let files = enclosures::read(&input.attachment_ids, &input.chart_document_ids);
        let draft = files.and_then(|files| {
            let key = input.idempotency_key;
            body::plain(conversation, MessageKind::Note, (input.body, files), key)
        });
        write(ctx, draft).await
    }
}

/// The message that a template makes in a conversation.
async fn filled(
    ctx: &Context<'_>,
    conversation: ConversationId,
    wanted: &TemplateDraft,
) -> ApiResult<Result<Draft, UserError>> {
    let (core, viewer) = (ctx.core(), ctx.viewer().await?);
    let clinician = policy::clinician(&viewer)?;
    let in_view = policy::read_conversation(core.store.reader(), &viewer, conversation).await?;
    match messages::fill(core, &clinician, &in_view, wanted).await {
        Ok(draft) => Ok(Ok(draft)),
        Err(error) => Ok(Err(send_error(error)?)),
    }
}

async fn write(
    ctx: &Context<'_>,
    draft: Result<Draft, UserError>,
) -> ApiResult<SendMessagePayload> {
    let viewer = ctx.viewer().await?;
    let draft = match draft {
        Ok(draft) => draft,
        Err(error) => return Ok(refused(error)),
    };
    match messages::send(ctx.core(), &viewer, draft).await {
        Ok(sent) => stored(ctx.core(), &viewer, sent).await,
        Err(SendError::AnsweredMeanwhile(missed)) => {
            held_back(ctx.core(), viewer.organization(), &missed).await
        }
        Err(error) => Ok(refused(send_error(error)?)),
    }
}

async fn stored(core: &Core, viewer: &Viewer, sent: Sent) -> ApiResult<SendMessagePayload> {
    let organization = sent.message.organization_id;
    let position = LogPosition::new(Position(sent.message.position), organization);
    let replayed = sent.replayed;
    let automatic_answer = match policy::patient(viewer) {
        Ok(patient) if sent.message.after_close => {
            let answer = cases::in_portal(core, &patient).await?;
            Some(answer.reveal().to_owned())
        }
        Ok(_) | Err(_) => None,
    };
    let view = match sent.author {
        Some(author) => MessageView {
            message: sent.message,
            author,
        },
        None => messages::with_author(core.store.reader(), sent.message).await?,
    };
    Ok(SendMessagePayload {
        message: Some(Message(Arc::new(view))),
        position: Some(position),
        replayed,
        automatic_answer,
        ..SendMessagePayload::default()
    })
}

/// Shows what the author missed, with the position that confirms having seen it.
async fn held_back(
    core: &Core,
    organization: OrganizationId,
    missed: &[MessageId],
) -> ApiResult<SendMessagePayload> {
    let (missed, position) = shown_missed(core, organization, missed).await?;
    Ok(SendMessagePayload {
        position,
        missed,
        ..refused(answered_meanwhile())
    })
}

fn refused(error: UserError) -> SendMessagePayload {
    SendMessagePayload {
        errors: vec![error],
        ..SendMessagePayload::default()
    }
}
