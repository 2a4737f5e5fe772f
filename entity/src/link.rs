//! A link that was sent in a notification. Only the token's hash is stored (NOT-4).

use sea_orm::entity::prelude::*;

use crate::{
    ConversationId, InvitationId, LinkId, NotificationPurpose, OrganizationId, PersonKind,
};

/// A link that was sent in a notification. Only the token's hash is stored (NOT-4).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "link")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LinkId,
    /// SHA-256.
    pub token_hash: Vec<u8>,
    /// Whose it is.
    pub person_kind: PersonKind,
    /// Whose it is.
    pub person_id: Uuid,
    /// What it is for.
    pub purpose: NotificationPurpose,
    /// The conversation.
    pub conversation_id: Option<ConversationId>,
    /// The invitation.
    pub invitation_id: Option<InvitationId>,
    /// From then on it is worth nothing.
    pub expires_at: DateTimeUtc,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
