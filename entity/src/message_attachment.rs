//! A file of a message.

use sea_orm::entity::prelude::*;

use crate::{AttachmentId, ChartDocumentId, ConversationId, MessageId, OrganizationId};

/// A file of a message.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "message_attachment")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The message.
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: MessageId,
    /// Its place among the message's files, from 0 on.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ordinal: i32,
    /// The file.
    pub attachment_id: AttachmentId,
    /// The document of the chart that it was taken from, which may be gone; none where it was uploaded for the message.
    pub document_id: Option<ChartDocumentId>,
    /// The message's conversation.
    pub conversation_id: ConversationId,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
