//! An e-mail or text message that would have been sent: the development outbox.

use sea_orm::entity::prelude::*;

use crate::{Channel, ContactAddress, DevelopmentMessageId, MessageBody, OrganizationId};

/// An e-mail or text message that would have been sent: the development outbox.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "development_message")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DevelopmentMessageId,
    /// `EMAIL` or `SMS`.
    pub channel: Channel,
    /// The address or number.
    pub recipient: ContactAddress,
    /// Of an e-mail; none for a text message.
    pub subject: Option<String>,
    /// The text part, or the text message. It holds links and codes.
    pub text: MessageBody,
    /// The HTML part of an e-mail.
    pub html: Option<MessageBody>,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
