//! A message that a clinic sends again and again, in several languages.

use sea_orm::entity::prelude::*;

use crate::{MessageTemplateId, OrganizationId, StaffId};

/// A message that a clinic sends again and again, in several languages.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message_template")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageTemplateId,
    /// Unique within the organization.
    pub name: String,
    /// Under which staff look for it.
    pub category: Option<String>,
    /// BCP 47 tag of the language from which the others are translated.
    pub source_language: String,
    /// Who added it.
    pub created_by: StaffId,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
