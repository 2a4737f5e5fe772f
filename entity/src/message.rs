//! A message or an internal note.

use sea_orm::entity::prelude::*;

use crate::{
    Channel, ConversationId, MessageBody, MessageId, MessageKind, MessageTemplateId,
    OrganizationId, PersonKind, RichBody, Title,
};

/// A message or an internal note.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Gapless within the conversation.
    pub seq: i64,
    /// How many messages the patient could see up to and with this one.
    pub visible_seq: i64,
    /// Who wrote it.
    pub author_kind: PersonKind,
    /// Who wrote it.
    pub author_id: Uuid,
    /// How many this author had written in the conversation, with this one.
    pub author_ordinal: i64,
    /// Its kind.
    pub kind: MessageKind,
    /// How it travels.
    pub channel: Channel,
    /// What it is about, where it has a title of its own.
    pub title: Option<Title>,
    /// Its text; of rich text the plain form.
    pub body: MessageBody,
    /// Rich text, cleaned.
    pub html: Option<RichBody>,
    /// The message template from which it was made.
    pub template_id: Option<MessageTemplateId>,
    /// BCP 47 tag of the template's language.
    pub template_language: Option<String>,
    /// The version of the template's text in that language.
    pub template_version: Option<i32>,
    /// Whether a patient's words are among those that the clinic holds to be urgent.
    pub urgent: bool,
    /// Whether a patient's words sound as if they wanted no more texts.
    pub opt_out_wish: bool,
    /// Whether the patient wrote it when the conversation had ended.
    pub after_close: bool,
    /// How many files it has.
    pub attachment_count: i32,
    /// Chosen by the client; unique for the conversation and the side that writes.
    pub idempotency_key: String,
    /// The position of its event.
    pub position: i64,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
