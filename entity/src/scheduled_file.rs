//! A file of a message that leaves at a later time.

use sea_orm::entity::prelude::*;

use crate::{AttachmentId, ChartDocumentId, OrganizationId, ScheduledMessageId};

/// A file of a message that leaves at a later time.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "scheduled_file")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The scheduled message.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scheduled_message_id: ScheduledMessageId,
    /// Its place among the message's files, from 0 on.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ordinal: i32,
    /// The file.
    pub attachment_id: AttachmentId,
    /// The document of the chart that it is taken from, which may be gone; none where it was uploaded for the message.
    pub document_id: Option<ChartDocumentId>,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
