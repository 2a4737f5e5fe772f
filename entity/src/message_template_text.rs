//! A version of a message template's text in one language. Title and body never change once they are stored.

use sea_orm::entity::prelude::*;

use crate::{MessageTemplateId, OrganizationId, StaffId, TemplateTextState};

/// A version of a message template's text in one language. Title and body never change once they are stored.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message_template_text")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Of which template.
    #[sea_orm(primary_key, auto_increment = false)]
    pub template_id: MessageTemplateId,
    /// BCP 47 tag.
    #[sea_orm(primary_key, auto_increment = false)]
    pub language: String,
    /// Counts from 1 in each language.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// One line, with placeholders.
    pub title: String,
    /// Cleaned HTML, with placeholders.
    pub html: String,
    /// The plain form of it, with placeholders.
    pub text: String,
    /// The version of the source text that this one was translated from; none for the source text itself.
    pub source_version: Option<i32>,
    /// Where it stands.
    pub state: TemplateTextState,
    /// Who wrote it.
    pub written_by: StaffId,
    /// When it was stored.
    pub written_at: DateTimeUtc,
    /// Who approved it.
    pub approved_by: Option<StaffId>,
    /// When it was approved.
    pub approved_at: Option<DateTimeUtc>,
    /// Who retired it, or approved the version that took its place.
    pub retired_by: Option<StaffId>,
    /// When it was retired.
    pub retired_at: Option<DateTimeUtc>,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
