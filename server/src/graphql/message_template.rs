//! Message templates as the API shows them.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    OrganizationId, StaffId, message_template, message_template_text as text, template_use,
};

use super::{
    error::{ApiError, ApiResult},
    loaders::{StaffKey, TemplateTextsKey, load},
    reminder_loaders::UseKey,
    rich_text::RichText,
    staff_member::StaffMember,
};
use crate::domain::{
    fault::Fault,
    rich_text,
    templates::{self, Standing},
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

impl MessageTemplate {
    async fn usage(&self, ctx: &Context<'_>) -> ApiResult<Option<template_use::Model>> {
        load(ctx, UseKey(self.0.organization_id, self.0.id)).await
    }
}

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

    /// How often it was sent, to whomever.
    async fn times_sent(&self, ctx: &Context<'_>) -> ApiResult<i64> {
        Ok(self.usage(ctx).await?.map_or(0, |usage| usage.times))
    }

    /// When it was sent last; null if it never was.
    async fn last_sent_at(&self, ctx: &Context<'_>) -> ApiResult<Option<DateTime<Utc>>> {
        Ok(self.usage(ctx).await?.map(|usage| usage.last_sent_at))
    }

    /// Who sent it last; null if nobody has.
    async fn last_sent_by(&self, ctx: &Context<'_>) -> ApiResult<Option<StaffMember>> {
        let usage = self.usage(ctx).await?;
        let by = usage.map(|usage| usage.last_sent_by);
        perhaps(ctx, self.0.organization_id, by).await
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
