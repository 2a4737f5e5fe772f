//! Message templates as the API shows them.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{OrganizationId, StaffId, message_template, message_template_text as text};

use super::{
    error::{ApiError, ApiResult},
    loaders::{StaffKey, TemplateTextsKey, load},
    rich_text::RichText,
    staff_member::StaffMember,
};
use crate::domain::{
    fault::Fault,
    placeholders::Placeholders as _,
    rich_text,
    templates::{self, Filled, Reason, Standing, Unsendable},
};

/// Where a version of a message template's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::TemplateTextState")]
pub enum MessageTemplateTextState {
    /// Written, and not approved yet.
    Draft,
    /// Approved, and sent from.
    Approved,
    /// Was approved, and is sent no more.
    Retired,
}

/// Whether a language of a message template can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MessageTemplateStanding {
    /// It can.
    Ready,
    /// Its text was translated from an older source than the one that is approved.
    Stale,
    /// No text is approved, or the source text is not.
    NotApproved,
}

/// A message that the clinic sends again and again, in several languages.
#[derive(Clone, Description)]
pub struct MessageTemplate(pub Arc<message_template::Model>);

#[Object(use_type_description)]
impl MessageTemplate {
    /// The id.
    pub(super) async fn id(&self) -> ID {
        ID(self.0.id.to_public())
    }

    /// The name, unique within the clinic. Patients do not see it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Under which staff look for it.
    async fn category(&self) -> Option<&str> {
        self.0.category.as_deref()
    }

    /// The BCP 47 tag of the language from which the others are translated.
    async fn source_language(&self) -> &str {
        &self.0.source_language
    }

    /// When it was added.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Its languages, in the order of their tags.
    async fn languages(&self, ctx: &Context<'_>) -> ApiResult<Vec<MessageTemplateLanguage>> {
        let key = TemplateTextsKey(self.0.organization_id, self.0.id);
        let texts = load(ctx, key).await?.unwrap_or_default();
        let standings = templates::standings(&self.0.source_language, &texts);
        let languages = standings.into_iter().filter_map(|(language, standing)| {
            let mut here = texts.iter().filter(|text| text.language == language);
            Some(MessageTemplateLanguage {
                language: language.to_owned(),
                standing: match standing {
                    Standing::Ready(_) => MessageTemplateStanding::Ready,
                    Standing::Stale => MessageTemplateStanding::Stale,
                    Standing::NotApproved => MessageTemplateStanding::NotApproved,
                },
                approved: here
                    .clone()
                    .find(|text| text.state == entity::TemplateTextState::Approved)
                    .map(MessageTemplateText::from),
                newest: here.next_back()?.into(),
            })
        });
        Ok(languages.collect())
    }
}

/// A message template in one language.
#[derive(SimpleObject)]
pub struct MessageTemplateLanguage {
    /// The BCP 47 tag.
    language: String,
    /// Whether it can be sent.
    standing: MessageTemplateStanding,
    /// The approved text; null where none is.
    approved: Option<MessageTemplateText>,
    /// The newest text: give its version as `seenVersion` when you save another.
    newest: MessageTemplateText,
}

/// A version of a message template's text in one language. It never changes once it is stored.
#[derive(Clone, Description)]
pub struct MessageTemplateText(Arc<text::Model>);

impl From<&text::Model> for MessageTemplateText {
    fn from(text: &text::Model) -> Self {
        Self(Arc::new(text.clone()))
    }
}

impl From<text::Model> for MessageTemplateText {
    fn from(text: text::Model) -> Self {
        Self(Arc::new(text))
    }
}

#[Object(use_type_description)]
impl MessageTemplateText {
    /// The BCP 47 tag of the language.
    async fn language(&self) -> &str {
        &self.0.language
    }

    /// Counts from 1 in each language.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The title, with its placeholders.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The body, with its placeholders.
    async fn body(&self) -> RichText {
        let stored = rich_text::RichText::stored(self.0.html.clone(), self.0.text.clone());
        (&stored).into()
    }

    /// Where it stands.
    async fn state(&self) -> MessageTemplateTextState {
        self.0.state.into()
    }

    /// The version of the source text from which it was translated; null for the source text itself.
    async fn source_version(&self) -> Option<i32> {
        self.0.source_version
    }

    /// Who wrote it.
    async fn written_by(&self, ctx: &Context<'_>) -> ApiResult<StaffMember> {
        author(ctx, self.0.organization_id, self.0.written_by).await
    }

    /// When it was written.
    async fn written_at(&self) -> DateTime<Utc> {
        self.0.written_at
    }

    /// Who approved it; null if nobody has.
    async fn approved_by(&self, ctx: &Context<'_>) -> ApiResult<Option<StaffMember>> {
        perhaps(ctx, self.0.organization_id, self.0.approved_by).await
    }

    /// When it was approved; null if it was not.
    async fn approved_at(&self) -> Option<DateTime<Utc>> {
        self.0.approved_at
    }

    /// Who retired it, or approved the version that took its place; null if it is not retired.
    async fn retired_by(&self, ctx: &Context<'_>) -> ApiResult<Option<StaffMember>> {
        perhaps(ctx, self.0.organization_id, self.0.retired_by).await
    }

    /// When it was retired; null if it is not.
    async fn retired_at(&self) -> Option<DateTime<Utc>> {
        self.0.retired_at
    }
}

/// A staff member who wrote something. Their record stays when they leave.
pub(super) async fn author(
    ctx: &Context<'_>,
    organization: OrganizationId,
    id: StaffId,
) -> ApiResult<StaffMember> {
    let member = load(ctx, StaffKey(organization, id)).await?;
    let member = member.ok_or_else(|| ApiError::from(Fault::Corrupt("author of a text")))?;
    Ok(StaffMember(member))
}

async fn perhaps(
    ctx: &Context<'_>,
    organization: OrganizationId,
    id: Option<StaffId>,
) -> ApiResult<Option<StaffMember>> {
    match id {
        Some(id) => author(ctx, organization, id).await.map(Some),
        None => Ok(None),
    }
}

/// Why a language was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Reason")]
pub enum LanguageReason {
    /// It is the patient's.
    PatientLanguage,
    /// It is the patient's, without the region or script.
    PatientPrimaryLanguage,
    /// The patient's has no text, and this is the clinic's.
    ClinicLanguage,
    /// Neither has one, and by the clinic's setting the source language stands in.
    SourceLanguage,
}

/// Why a patient gets nothing of a message template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MessageTemplateRefusal {
    /// There is no text in a language that could be taken.
    NoTranslation,
    /// The text in the language that was to be taken is older than its source.
    Stale,
    /// There is a text in a language that could be taken, and it is not approved.
    NotApproved,
    /// The text names what the clinic has not said, such as its telephone number.
    ValueMissing,
}

/// What a patient gets of a message template.
#[derive(SimpleObject)]
pub struct FilledMessageTemplate {
    /// The BCP 47 tag of the language that was taken.
    language: String,
    /// Why it was.
    reason: LanguageReason,
    /// The version of that language's text.
    version: i32,
    /// The title.
    title: String,
    /// The body.
    body: RichText,
}

impl From<Filled> for FilledMessageTemplate {
    fn from(filled: Filled) -> Self {
        Self {
            language: filled.language,
            reason: filled.reason.into(),
            version: filled.version,
            title: filled.title.reveal().to_owned(),
            body: (&filled.body).into(),
        }
    }
}

/// What a patient would get of a message template, or why they would get nothing.
#[derive(SimpleObject)]
pub struct MessageTemplatePreview {
    /// What they would get; null when it is nothing.
    message: Option<FilledMessageTemplate>,
    /// Why they would get nothing; null when they would get something.
    refusal: Option<MessageTemplateRefusal>,
    /// With `VALUE_MISSING`, the placeholder for which nothing is on file.
    missing_placeholder: Option<&'static str>,
}

impl From<Result<Filled, Unsendable>> for MessageTemplatePreview {
    fn from(outcome: Result<Filled, Unsendable>) -> Self {
        let refused = |refusal, missing_placeholder| Self {
            message: None,
            refusal: Some(refusal),
            missing_placeholder,
        };
        match outcome {
            Ok(filled) => Self {
                message: Some(filled.into()),
                refusal: None,
                missing_placeholder: None,
            },
            Err(Unsendable::NoTranslation) => refused(MessageTemplateRefusal::NoTranslation, None),
            Err(Unsendable::Stale) => refused(MessageTemplateRefusal::Stale, None),
            Err(Unsendable::NotApproved) => refused(MessageTemplateRefusal::NotApproved, None),
            Err(Unsendable::ValueMissing(placeholder)) => refused(
                MessageTemplateRefusal::ValueMissing,
                Some(placeholder.name()),
            ),
        }
    }
}
