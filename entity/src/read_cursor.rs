//! How far a person has read a conversation, and how much of it is their own.

use sea_orm::entity::prelude::*;

use crate::{ConversationId, OrganizationId, PersonKind};

/// How far a person has read a conversation, and how much of it is their own.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "read_cursor")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The conversation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: ConversationId,
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_kind: PersonKind,
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    /// The last message that the person has seen.
    pub seq: i64,
    /// `visible_seq` of that message.
    pub visible_seq: i64,
    /// How many messages of the conversation are the person's own.
    pub own_total: i64,
    /// How many of these stand at or before `seq`.
    pub own_seen: i64,
    /// The message for which the unread reminder went out last.
    pub reminded_seq: i64,
    /// When the person read last.
    pub read_at: Option<DateTimeUtc>,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
