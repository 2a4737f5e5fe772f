//! A text (SMS) in either direction. While it is queued, the row is its own place in the outbox.

use sea_orm::entity::prelude::*;

use crate::{
    ConversationId, MessageId, NotificationId, OrganizationId, PatientId, PhoneNumber,
    ProviderMessageId, Sealed, TextDirection, TextEncoding, TextFailure, TextGatewayId, TextId,
    TextPurpose, TextState,
};

/// A text (SMS) in either direction. While it is queued, the row is its own place in the outbox.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "text")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TextId,
    /// Which way it went.
    pub direction: TextDirection,
    /// What it is for.
    pub purpose: TextPurpose,
    /// The gateway that carries it.
    pub gateway_id: TextGatewayId,
    /// The clinic's number.
    pub our_number: PhoneNumber,
    /// The other's number.
    pub their_number: PhoneNumber,
    /// The patient, where it is known which.
    pub patient_id: Option<PatientId>,
    /// The message that it carries.
    pub message_id: Option<MessageId>,
    /// The conversation of the message.
    pub conversation_id: Option<ConversationId>,
    /// The notification that it carries.
    pub notification_id: Option<NotificationId>,
    /// What the gateway calls it.
    pub provider_message_id: Option<ProviderMessageId>,
    /// Where it stands.
    pub state: TextState,
    /// Why it did not arrive.
    pub reason: Option<TextFailure>,
    /// The class of the last failure, without personal data.
    pub error: Option<String>,
    /// How its letters are counted.
    pub encoding: TextEncoding,
    /// In how many parts it travels.
    pub segments: i32,
    /// What it says, only until the gateway has it.
    pub body: Option<Sealed>,
    /// Unique in the organization.
    pub idempotency_key: String,
    /// Not before.
    pub due_at: DateTimeUtc,
    /// How often it was tried.
    pub attempts: i32,
    /// A worker has it until then.
    pub leased_until: Option<DateTimeUtc>,
    /// The worker that has it.
    pub leased_by: Option<Uuid>,
    /// When it was stored.
    pub created_at: DateTimeUtc,
    /// When its state changed last.
    pub changed_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
