//! Writing, approving and retiring message templates.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::{MessageTemplateId, message_template, message_template_text as text};

use super::{
    context::ContextExt as _,
    error::{ApiResult, UserError, UserErrorCode, sentence},
    id::read_id,
    message_template::{MessageTemplate, MessageTemplateText},
    notification_template::placeholder_code,
    refusal::{Refusal, mendable, settle},
    rich_text::{RichTextInput, wrong_text},
};
use crate::domain::{
    policy,
    templates::{
        self, BodyError, NewText, ReviewError, SaveTextError, TemplateChanges, TemplateError,
    },
};

/// A message template to add.
#[derive(InputObject)]
pub struct CreateMessageTemplateInput {
    /// 1 to 200 characters, unique within the clinic. Patients do not see it.
    name: String,
    /// Under which staff look for it; at most 200 characters.
    category: Option<String>,
    /// The BCP 47 tag of the language from which the others are translated, such as `en`. It stays so.
    source_language: String,
}

/// What to change of a message template. What is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateMessageTemplateInput {
    /// The template.
    template_id: ID,
    /// 1 to 200 characters, unique within the clinic.
    name: Option<String>,
    /// Under which staff look for it; null or an empty text removes it.
    category: MaybeUndefined<String>,
}

/// A text of a message template.
#[derive(InputObject)]
pub struct SaveMessageTemplateTextInput {
    /// The template.
    template_id: ID,
    /// The BCP 47 tag of the language, such as `en` or `es-MX`.
    language: String,
    /// The newest version of this language that you have seen; 0 if there is none. If somebody has saved another meanwhile,
    /// nothing is stored and the error `OUTDATED_VERSION` comes with that one.
    seen_version: i32,
    /// The version of the source text from which this was translated; without it the approved one, else the newest. Not for
    /// the source text itself.
    source_version: Option<i32>,
    /// One line of at most 200 characters. It can name `{{ patient_name }}`, `{{ clinic_name }}`, `{{ clinic_phone }}`,
    /// `{{ clinic_email }}` and `{{ sender_name }}`.
    title: String,
    /// The body, which can name the same, but not in the address of a link.
    body: RichTextInput,
}

/// A version of a message template's text.
#[derive(InputObject)]
pub struct MessageTemplateTextInput {
    /// The template.
    template_id: ID,
    /// The BCP 47 tag of the language.
    language: String,
    /// Which version.
    version: i32,
}

/// A stored message template, or what must be mended before it can be stored.
#[derive(SimpleObject)]
pub struct MessageTemplatePayload {
    /// The template as it is stored; null when it was not.
    template: Option<MessageTemplate>,
    /// What must be mended.
    errors: Vec<UserError>,
}

/// A changed text of a message template, or what must be mended.
#[derive(SimpleObject, Default)]
pub struct MessageTemplateTextPayload {
    /// The template; null when nothing was changed.
    template: Option<MessageTemplate>,
    /// The text as it is stored; null when nothing was changed.
    text: Option<MessageTemplateText>,
    /// With the error `OUTDATED_VERSION`, the newest version, if there is one.
    newest: Option<MessageTemplateText>,
    /// What must be mended.
    errors: Vec<UserError>,
}

impl MessageTemplateTextPayload {
    fn of((template, text): (message_template::Model, text::Model)) -> Self {
        Self {
            template: Some(MessageTemplate(Arc::new(template))),
            text: Some(text.into()),
            ..Self::default()
        }
    }

    fn refused(error: UserError) -> Self {
        Self {
            errors: vec![error],
            ..Self::default()
        }
    }

    fn outdated(newest: Option<text::Model>) -> Self {
        Self {
            newest: newest.map(Into::into),
            ..Self::refused(UserError::general(
                UserErrorCode::OutdatedVersion,
                "Somebody has saved another version meanwhile; look at it first.",
            ))
        }
    }
}

/// Changes of message templates.
#[derive(Default)]
pub struct MessageTemplateMutation;

#[Object]
impl MessageTemplateMutation {
    /// Adds a message template, which has no text yet. Names are unique, so asking twice adds one. For administrators.
    async fn create_message_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The template.")] input: CreateMessageTemplateInput,
    ) -> ApiResult<MessageTemplatePayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let category = input.category.as_deref();
        let (name, source) = (&input.name, &input.source_language);
        payload(templates::create(ctx.core(), &administrator, name, category, source).await)
    }

    /// Changes the name and category of a message template. For administrators.
    async fn update_message_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The template, and what to change.")] input: UpdateMessageTemplateInput,
    ) -> ApiResult<MessageTemplatePayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let id = read_id(MessageTemplateId::from_public, &input.template_id)?;
        let changes = TemplateChanges {
            name: input.name,
            category: input.category.into(),
        };
        payload(templates::update(ctx.core(), &administrator, id, &changes).await)
    }

    /// Stores a text as the next version of its language, as a draft; earlier versions stay readable, and what is approved
    /// is sent until this is. Placeholders that do not exist are refused with their name and place. For administrators.
    async fn save_message_template_text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The text.")] input: SaveMessageTemplateTextInput,
    ) -> ApiResult<MessageTemplateTextPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let new = NewText {
            template: read_id(MessageTemplateId::from_public, &input.template_id)?,
            language: input.language,
            seen_version: input.seen_version,
            source_version: input.source_version,
            title: input.title,
            body: input.body.into(),
        };
        match templates::save(ctx.core(), &administrator, new).await {
            Ok(stored) => Ok(MessageTemplateTextPayload::of(stored)),
            Err(error) => not_saved(error),
        }
    }

    /// Approves the newest version of a text, from which messages are sent from then on; the one that was approved before is
    /// retired. Translations of an older source are stale then. For administrators.
    async fn approve_message_template_text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version.")] input: MessageTemplateTextInput,
    ) -> ApiResult<MessageTemplateTextPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let id = read_id(MessageTemplateId::from_public, &input.template_id)?;
        let (language, version) = (&input.language, input.version);
        let approved = templates::approve(ctx.core(), &administrator, id, language, version).await;
        reviewed(approved)
    }

    /// Retires an approved text: nothing is sent from it any more. Without its source text a template is not sent at all. For
    /// administrators.
    async fn retire_message_template_text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version.")] input: MessageTemplateTextInput,
    ) -> ApiResult<MessageTemplateTextPayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let id = read_id(MessageTemplateId::from_public, &input.template_id)?;
        let (language, version) = (&input.language, input.version);
        reviewed(templates::retire(ctx.core(), &administrator, id, language, version).await)
    }
}

fn payload(
    stored: Result<message_template::Model, TemplateError>,
) -> ApiResult<MessageTemplatePayload> {
    let (template, errors) = settle(stored)?;
    Ok(MessageTemplatePayload {
        template: template.map(|template| MessageTemplate(Arc::new(template))),
        errors,
    })
}

impl From<TemplateError> for Refusal {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::Invalid(wrong) => mendable(wrong),
            TemplateError::TooMany => Self::Mendable(vec![UserError::general(
                UserErrorCode::OutOfRange,
                sentence(&error),
            )]),
            TemplateError::Denied(denied) => Self::Final(denied.into()),
        }
    }
}

fn not_saved(error: SaveTextError) -> ApiResult<MessageTemplateTextPayload> {
    let refused = match error {
        SaveTextError::Denied(denied) => return Err(denied.into()),
        SaveTextError::Outdated(newest) => {
            return Ok(MessageTemplateTextPayload::outdated(
                newest.map(|text| *text),
            ));
        }
        SaveTextError::Invalid(wrong) => {
            return Ok(MessageTemplateTextPayload {
                errors: wrong.into_iter().map(UserError::from).collect(),
                ..MessageTemplateTextPayload::default()
            });
        }
        SaveTextError::Title(error) => {
            UserError::at("title", placeholder_code(&error), sentence(&error))
        }
        SaveTextError::Body(BodyError::Text(error)) => wrong_text("body", error),
        SaveTextError::Body(BodyError::Placeholder(error)) => {
            UserError::at("body", placeholder_code(&error), sentence(&error))
        }
        SaveTextError::Body(error @ BodyError::InLink) => {
            UserError::at("body", UserErrorCode::Invalid, sentence(&error))
        }
        SaveTextError::NoSource => UserError::at(
            "language",
            UserErrorCode::DependsOnOther,
            "Save a text in the source language first.",
        ),
        SaveTextError::UnknownSourceVersion => UserError::at(
            "sourceVersion",
            UserErrorCode::Invalid,
            "It is a version of the source text, and the source text itself has none.",
        ),
        error @ SaveTextError::TooManyLanguages => {
            UserError::at("language", UserErrorCode::OutOfRange, sentence(&error))
        }
    };
    Ok(MessageTemplateTextPayload::refused(refused))
}

fn reviewed(
    outcome: Result<(message_template::Model, text::Model), ReviewError>,
) -> ApiResult<MessageTemplateTextPayload> {
    match outcome {
        Ok(stored) => Ok(MessageTemplateTextPayload::of(stored)),
        Err(ReviewError::Denied(denied)) => Err(denied.into()),
        Err(ReviewError::Outdated(newest)) => {
            Ok(MessageTemplateTextPayload::outdated(Some(*newest)))
        }
        Err(ReviewError::State(_)) => Ok(MessageTemplateTextPayload::refused(UserError::at(
            "version",
            UserErrorCode::WrongState,
            "A draft can be approved, and an approved text retired.",
        ))),
        Err(ReviewError::Stale) => Ok(MessageTemplateTextPayload::refused(UserError::at(
            "version",
            UserErrorCode::WrongState,
            "It was translated from an older source than the one that is approved; translate that one.",
        ))),
    }
}
