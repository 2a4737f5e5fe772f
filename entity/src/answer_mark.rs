//! That a staff member has said of a conversation that nobody waits for an answer up to some message.

use sea_orm::entity::prelude::*;

use crate::{ConversationId, OrganizationId, StaffId};

/// That a staff member has said of a conversation that nobody waits for an answer up to some message.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "answer_mark")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The conversation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: ConversationId,
    /// The number of the last message of which it was said.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// Who said it.
    pub staff_id: StaffId,
    /// When.
    pub marked_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
