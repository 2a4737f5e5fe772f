//! Notification templates as the API shows them.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    context::ContextExt as _,
    error::{ApiError, ApiResult, UserError, UserErrorCode, sentence},
    notification::NotificationPurpose,
    staff_member::NotificationChannel,
};
use crate::domain::{
    notifications::templates::{
        self, Part, Rendered, SaveError, TemplateError, TemplateKey, TemplateView,
    },
    placeholders::PlaceholderError,
    policy,
};

/// The text of a notification, around its link or code, in one language.
#[derive(SimpleObject)]
pub struct NotificationTemplate {
    /// What the notification is for.
    purpose: NotificationPurpose,
    /// How it travels.
    channel: NotificationChannel,
    /// The BCP 47 tag of the language.
    language: String,
    /// The subject in force; null for text messages.
    subject: Option<String>,
    /// The text in force. `{{ clinic_name }}`, `{{ link }}` and `{{ code }}` stand for what each notification carries;
    /// for `CASE_CLOSED`, `{{ clinic_phone }}` for the telephone number that the clinic gives to patients.
    body: String,
    /// When the clinic wrote its own text; null while the text that ships with Tidings is in force.
    own_since: Option<DateTime<Utc>>,
}

impl From<TemplateView> for NotificationTemplate {
    fn from(view: TemplateView) -> Self {
        Self {
            purpose: view.key.purpose.into(),
            channel: view.key.channel.into(),
            language: view.key.language,
            subject: view.subject,
            body: view.body,
            own_since: view.own_since,
        }
    }
}

/// What a template would send.
#[derive(SimpleObject)]
pub struct NotificationPreview {
    /// The subject; null for text messages.
    subject: Option<String>,
    /// The text message, or the text part of the e-mail.
    text: String,
    /// The HTML part of the e-mail; null for text messages.
    html: Option<String>,
}

impl From<Rendered> for NotificationPreview {
    fn from(rendered: Rendered) -> Self {
        Self {
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
        }
    }
}

/// A template of the clinic's own.
#[derive(InputObject)]
pub struct SaveNotificationTemplateInput {
    /// What the notification is for.
    purpose: NotificationPurpose,
    /// How it travels.
    channel: NotificationChannel,
    /// The BCP 47 tag of the language, such as `en` or `es-MX`.
    language: String,
    /// Of an e-mail: one line of at most 150 characters, which can name `{{ clinic_name }}`. Null for text messages.
    subject: Option<String>,
    /// At most 480 characters for a text message and 5,000 for an e-mail. It must name `{{ link }}`, or `{{ code }}` for
    /// `SIGN_IN_CODE`, can name `{{ clinic_name }}`, and nothing else. For `CASE_CLOSED`, which is a text message only, it can name
    /// `{{ clinic_name }}` and `{{ clinic_phone }}`. Blank lines part the paragraphs of an e-mail.
    body: String,
}

/// A template of the clinic's own to remove.
#[derive(InputObject)]
pub struct ResetNotificationTemplateInput {
    /// What the notification is for.
    purpose: NotificationPurpose,
    /// How it travels.
    channel: NotificationChannel,
    /// The BCP 47 tag of the language.
    language: String,
}

/// The outcome of storing a template.
#[derive(SimpleObject, Default)]
pub struct SaveNotificationTemplatePayload {
    /// The template as it is in force; null when it was not stored.
    template: Option<NotificationTemplate>,
    /// What must be mended before it can be stored.
    errors: Vec<UserError>,
}

/// The outcome of removing a template.
#[derive(SimpleObject, Default)]
pub struct ResetNotificationTemplatePayload {
    /// The text that ships with Tidings and is in force again; null where none ships in this language, and the next
    /// language of the fallback order is used.
    template: Option<NotificationTemplate>,
    /// What must be mended.
    errors: Vec<UserError>,
}

/// The outcome of trying a template.
#[derive(SimpleObject, Default)]
pub struct PreviewNotificationTemplatePayload {
    /// What it would send, with an example link or code; null when it cannot be used.
    preview: Option<NotificationPreview>,
    /// What must be mended.
    errors: Vec<UserError>,
}

/// Queries of templates.
#[derive(Default)]
pub struct NotificationTemplateQuery;

#[Object]
impl NotificationTemplateQuery {
    /// All notification templates in force: those that ship with Tidings, and the clinic's own in their place or in further
    /// languages. A notification is written in the recipient's language, else the clinic's default language, else
    /// English. For administrators.
    async fn notification_templates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those for this purpose.")] purpose: Option<NotificationPurpose>,
        #[graphql(desc = "Only those in the language with this BCP 47 tag.")] language: Option<
            String,
        >,
    ) -> ApiResult<Vec<NotificationTemplate>> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let templates = templates::list(ctx.core(), &administrator).await?;
        let purpose = purpose.map(entity::NotificationPurpose::from);
        Ok(templates
            .into_iter()
            .filter(|view| purpose.is_none_or(|purpose| view.key.purpose == purpose))
            .filter(|view| {
                language
                    .as_ref()
                    .is_none_or(|language| view.key.language.eq_ignore_ascii_case(language))
            })
            .map(Into::into)
            .collect())
    }
}

/// Changes to templates.
#[derive(Default)]
pub struct NotificationTemplateMutation;

#[Object]
impl NotificationTemplateMutation {
    /// Checks and stores a template of the clinic's own. An unknown placeholder, a tag, a filter or a missing link or code is
    /// refused with its name and place. For administrators.
    async fn save_notification_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The template.")] input: SaveNotificationTemplateInput,
    ) -> ApiResult<SaveNotificationTemplatePayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let saved = match key(input.purpose, input.channel, &input.language) {
            Ok(key) => {
                let core = ctx.core();
                templates::save(core, &administrator, key, input.subject, input.body).await
            }
            Err(error) => Err(error),
        };
        match saved {
            Ok(view) => Ok(SaveNotificationTemplatePayload {
                template: Some(view.into()),
                ..Default::default()
            }),
            Err(error) => Ok(SaveNotificationTemplatePayload {
                errors: vec![mendable(error)?],
                ..Default::default()
            }),
        }
    }

    /// Removes a template of the clinic's own, so that the text that ships is in force again. Removing what is not there
    /// changes nothing. For administrators.
    async fn reset_notification_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ResetNotificationTemplateInput,
    ) -> ApiResult<ResetNotificationTemplatePayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        match key(input.purpose, input.channel, &input.language) {
            Ok(key) => {
                let shipped = templates::reset(ctx.core(), &administrator, &key).await?;
                Ok(ResetNotificationTemplatePayload {
                    template: shipped.map(Into::into),
                    ..Default::default()
                })
            }
            Err(error) => Ok(ResetNotificationTemplatePayload {
                errors: vec![mendable(error)?],
                ..Default::default()
            }),
        }
    }

    /// Shows what a template would send, and stores nothing. For administrators.
    async fn preview_notification_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The template.")] input: SaveNotificationTemplateInput,
    ) -> ApiResult<PreviewNotificationTemplatePayload> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let rendered = match key(input.purpose, input.channel, &input.language) {
            Ok(key) => {
                let subject = input.subject.as_deref();
                templates::preview(ctx.core(), &administrator, &key, subject, &input.body).await
            }
            Err(error) => Err(error),
        };
        match rendered {
            Ok(rendered) => Ok(PreviewNotificationTemplatePayload {
                preview: Some(rendered.into()),
                ..Default::default()
            }),
            Err(error) => Ok(PreviewNotificationTemplatePayload {
                errors: vec![mendable(error)?],
                ..Default::default()
            }),
        }
    }
}

fn key(
    purpose: NotificationPurpose,
    channel: NotificationChannel,
    language: &str,
) -> Result<TemplateKey, SaveError> {
    TemplateKey::new(purpose.into(), channel.into(), language)
}

/// What the user can mend; faults go to the errors of the response.
fn mendable(error: SaveError) -> ApiResult<UserError> {
    match error {
        SaveError::BadLanguage => Ok(UserError::at(
            "language",
            UserErrorCode::Invalid,
            "The language is not a BCP 47 tag, such as `en` or `es-MX`.",
        )),
        SaveError::TooMany => Ok(UserError::general(
            UserErrorCode::OutOfRange,
            "The clinic has too many templates of its own; reset some first.",
        )),
        SaveError::Text(part, error) => {
            let field = match part {
                Part::Subject => "subject",
                Part::Body => "body",
            };
            Ok(UserError::at(field, code(&error), sentence(&error)))
        }
        SaveError::Fault(fault) => Err(ApiError::from(fault)),
    }
}

const fn code(error: &TemplateError) -> UserErrorCode {
    match error {
        TemplateError::Placeholder(error) => placeholder_code(error),
        TemplateError::Missing(_) => UserErrorCode::MissingPlaceholder,
        TemplateError::Empty => UserErrorCode::Blank,
        TemplateError::TooLong(_) => UserErrorCode::TooLong,
        TemplateError::ControlCharacter(_)
        | TemplateError::Subject
        | TemplateError::Channel
        | TemplateError::SubjectCarries => UserErrorCode::Invalid,
    }
}

/// What is wrong with something in braces.
pub(super) const fn placeholder_code(error: &PlaceholderError) -> UserErrorCode {
    match error {
        PlaceholderError::Unknown { .. } => UserErrorCode::UnknownPlaceholder,
        PlaceholderError::Syntax { .. } => UserErrorCode::Invalid,
    }
}
