//! Texts that come in.

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, InboundTextId, MessageBody, MessageId, OrganizationId, PatientId, PhoneNumber,
    ProviderMessageId, QuarantineReason, TextGatewayId,
};

/// A text that came in, to a number of the clinic.
#[derive(Clone, Debug)]
pub struct InboundText {
    /// The clinic whose number it was sent to.
    pub organization: OrganizationId,
    /// Its id.
    pub id: InboundTextId,
    /// The gateway that brought it.
    pub gateway: TextGatewayId,
    /// What the gateway calls it.
    pub provider_message_id: ProviderMessageId,
    /// The clinic's number.
    pub our_number: PhoneNumber,
    /// The number that it came from: E.164, or whatever else a network lets a sender be called.
    pub from: PhoneNumber,
    /// What it says.
    pub body: MessageBody,
    /// Whether pictures or other files came with it, which cannot be shown.
    pub has_pictures: bool,
    /// When the gateway brought it.
    pub received_at: DateTime<Utc>,
}

/// What became of a text. What it says is kept by the wire no longer in either case but the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// It had its effect.
    Taken {
        /// Whose it was, where that is known.
        patient: Option<PatientId>,
        /// The message that it became, if it became one.
        message: Option<(ConversationId, MessageId)>,
    },
    /// It could not be placed, and staff decide what becomes of it.
    Quarantined(QuarantineReason),
}
