//! The words with which cases began, in folded form, for searching by prefix.

use sea_orm::entity::prelude::*;

use crate::{ConversationId, OrganizationId};

/// The words with which cases began, in folded form, for searching by prefix.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_request_word")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Lower case, without accents.
    #[sea_orm(primary_key, auto_increment = false)]
    pub word: String,
    /// The case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: ConversationId,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
