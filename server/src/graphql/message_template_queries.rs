//! Finding message templates, and seeing what they would send.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, connection::Connection};
use entity::{MessageTemplateId, PatientId};

use super::{
    context::ContextExt as _,
    error::{ApiError, ApiResult},
    id::read_id,
    message_template::{MessageTemplate, MessageTemplateText},
    message_template_preview::MessageTemplatePreview,
    page::{List, Opaque, PageArguments, connection},
};
use crate::domain::{
    policy,
    templates::{self, Filter, language_tag},
};

/// Queries of message templates.
#[derive(Default)]
pub struct MessageTemplateQuery;

#[Object]
impl MessageTemplateQuery {
    /// The clinic's message templates by name. For staff.
    async fn message_templates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this category.")] category: Option<String>,
        #[graphql(desc = "Only those with an approved text in the language with this BCP 47 tag.")]
        language: Option<String>,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, MessageTemplate>> {
        let viewer = policy::staff(&*ctx.viewer().await?)?;
        let list = List {
            name: "messageTemplates",
            owner: viewer.organization().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice::<String>(list)?;
        let filter = Filter {
            category,
            language: language.as_deref().map(tag).transpose()?,
        };
        let page = templates::page(ctx.core().store.reader(), &viewer, &filter, &slice).await?;
        Ok(connection(
            list,
            page,
            |template| template.name.clone(),
            |template| MessageTemplate(Arc::new(template)),
        ))
    }

    /// A message template. For staff.
    async fn message_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The template.")] id: ID,
    ) -> ApiResult<MessageTemplate> {
        let viewer = policy::staff(&*ctx.viewer().await?)?;
        let id = read_id(MessageTemplateId::from_public, &id)?;
        let template = templates::open(ctx.core().store.reader(), &viewer, id).await?;
        Ok(MessageTemplate(Arc::new(template)))
    }

    /// The versions of a message template's text in one language, the newest first. For staff.
    async fn message_template_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The template.")] template_id: ID,
        #[graphql(desc = "The BCP 47 tag of the language.")] language: String,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, MessageTemplateText>> {
        let viewer = policy::staff(&*ctx.viewer().await?)?;
        let reader = ctx.core().store.reader();
        let id = read_id(MessageTemplateId::from_public, &template_id)?;
        let template = templates::open(reader, &viewer, id).await?;
        let list = List {
            name: "messageTemplateHistory",
            owner: template.id.0,
        };
        let slice = PageArguments::new(first, after, last, before).slice::<i64>(list)?;
        let page = templates::history(reader, &viewer, id, &tag(&language)?, &slice).await?;
        Ok(connection(
            list,
            page,
            |text| i64::from(text.version),
            MessageTemplateText::from,
        ))
    }

    /// What a patient would get of a message template if you sent it now: the language by the clinic's order (the patient's
    /// tag, its primary language, the clinic's language, and the source language if `templateFallback` says so), with
    /// everything filled in. For clinicians and administrators.
    async fn preview_message_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The template.")] template_id: ID,
        #[graphql(desc = "The patient.")] patient_id: ID,
    ) -> ApiResult<MessageTemplatePreview> {
        let viewer = ctx.viewer().await?;
        let keeper = policy::record_keeper(&viewer)?;
        let template = read_id(MessageTemplateId::from_public, &template_id)?;
        let patient = read_id(PatientId::from_public, &patient_id)?;
        let core = ctx.core();
        let patient = policy::open_patient(core.store.reader(), &viewer, patient).await?;
        let outcome = templates::preview(core, &keeper, template, &patient).await?;
        Ok(outcome.into())
    }
}

/// A language that narrows a list down.
pub(super) fn tag(language: &str) -> ApiResult<String> {
    language_tag(language).ok_or_else(|| ApiError::BadInput {
        argument: "language",
        message: "It is not a language tag, such as `en` or `pt-BR`.".to_owned(),
    })
}
