//! What notification texts were before, as the API shows it.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, Object, connection::Connection};
use chrono::{DateTime, Utc};
use entity::notification_template_change;

use super::{
    context::ContextExt as _,
    error::ApiResult,
    message_template::author,
    message_template_queries::tag,
    notification::NotificationPurpose,
    page::{List, Opaque, PageArguments, connection},
    staff_member::{NotificationChannel, StaffMember},
};
use crate::domain::{
    notifications::templates::{self, ChangeFilter, Changed},
    policy,
};

/// How a notification's text was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum NotificationTemplateChangeKind {
    /// The clinic wrote another text.
    Saved,
    /// The clinic went back to the text that ships with Tidings.
    Reset,
}

/// A change of a notification's text, with what it was before.
#[derive(Clone, Description)]
pub struct NotificationTemplateChange(Arc<Changed>);

#[Object(use_type_description)]
impl NotificationTemplateChange {
    /// Counts the clinic's changes from 1.
    async fn number(&self) -> i64 {
        self.row().number
    }

    /// What the notification is for.
    async fn purpose(&self) -> NotificationPurpose {
        self.row().purpose.into()
    }

    /// How it travels.
    async fn channel(&self) -> NotificationChannel {
        self.0.channel.into()
    }

    /// The BCP 47 tag of the language.
    async fn language(&self) -> &str {
        &self.row().language
    }

    /// How it was changed.
    async fn kind(&self) -> NotificationTemplateChangeKind {
        if self.row().reset {
            NotificationTemplateChangeKind::Reset
        } else {
            NotificationTemplateChangeKind::Saved
        }
    }

    /// The subject that was in force before; null for text messages, and where no text was in force in this language.
    async fn subject_before(&self) -> Option<&str> {
        self.row().subject_before.as_deref()
    }

    /// The text that was in force before; null where none was in this language.
    async fn body_before(&self) -> Option<&str> {
        self.row().body_before.as_deref()
    }

    /// Who changed it.
    async fn changed_by(&self, ctx: &Context<'_>) -> ApiResult<StaffMember> {
        author(ctx, self.row().organization_id, self.row().changed_by).await
    }

    /// When.
    async fn changed_at(&self) -> DateTime<Utc> {
        self.row().changed_at
    }
}

impl NotificationTemplateChange {
    fn row(&self) -> &notification_template_change::Model {
        &self.0.row
    }
}

/// Queries of what notification texts were.
#[derive(Default)]
pub struct NotificationTemplateChangeQuery;

#[Object]
impl NotificationTemplateChangeQuery {
    /// The changes of notification texts, the newest first: who changed what, when, and what it was before. For
    /// administrators.
    async fn notification_template_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those for this purpose.")] purpose: Option<NotificationPurpose>,
        #[graphql(desc = "Only those of this channel.")] channel: Option<NotificationChannel>,
        #[graphql(desc = "Only those in the language with this BCP 47 tag.")] language: Option<
            String,
        >,
        #[graphql(
            desc = "How many from the beginning, at most 100. 25 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Opaque, NotificationTemplateChange>> {
        let administrator = policy::administrator(&*ctx.viewer().await?)?;
        let list = List {
            name: "notificationTemplateChanges",
            owner: administrator.organization().0,
        };
        let slice = PageArguments::new(first, after, last, before).slice::<i64>(list)?;
        let filter = ChangeFilter {
            purpose: purpose.map(Into::into),
            channel: channel.map(Into::into),
            language: language.as_deref().map(tag).transpose()?,
        };
        let page = templates::changes(ctx.core(), &administrator, &filter, &slice).await?;
        Ok(connection(
            list,
            page,
            |change| change.row.number,
            |change| NotificationTemplateChange(Arc::new(change)),
        ))
    }
}
