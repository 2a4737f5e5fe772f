//! The texts of messages, for staff.

use std::collections::HashMap;

use entity::{MessageId, OrganizationId, TextFailure, TextState, text};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};

use crate::domain::fault::Fault;

/// The texts of messages, the first one first. The caller has shown the messages to a staff member. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn texts_of(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    messages: &[MessageId],
) -> Result<HashMap<MessageId, Vec<text::Model>>, Fault> {
    let rows = text::Entity::find()
        .filter(text::Column::OrganizationId.eq(organization))
        .filter(text::Column::MessageId.is_in(messages.iter().copied()))
        .order_by_asc(text::Column::CreatedAt)
        .order_by_asc(text::Column::Id)
        .all(connection)
        .await?;
    let mut found: HashMap<MessageId, Vec<text::Model>> = HashMap::new();
    for row in rows {
        if let Some(message) = row.message_id {
            found.entry(message).or_default().push(row);
        }
    }
    Ok(found)
}

/// Where a text stands, in words for staff.
#[must_use]
pub const fn explanation(state: TextState, reason: Option<TextFailure>) -> &'static str {
    match (state, reason) {
        (TextState::Queued, _) => "It waits to be sent.",
        (TextState::Sent, _) => "It is on its way. Not every network tells when a text arrives.",
        (TextState::Delivered, _) => "It has arrived on the phone.",
        (TextState::Received, _) => "It came in as a text.",
        (TextState::Failed, None) => failure(TextFailure::Unknown),
        (TextState::Failed, Some(reason)) => failure(reason),
    }
}

const fn failure(reason: TextFailure) -> &'static str {
    match reason {
        TextFailure::OptedOut => {
            "It was not sent: this number has opted out of texts from the clinic."
        }
        TextFailure::NumberChanged => {
            "It was not sent: the patient has another number by now. It can be sent again."
        }
        TextFailure::NumberShared => {
            "It was not sent: another patient has the same number by now, so that nobody can tell who would read it."
        }
        TextFailure::InvalidNumber => "It was not sent: this is not a number that can be texted.",
        TextFailure::Landline => "It did not arrive: the number is a landline.",
        TextFailure::Unreachable => {
            "It did not arrive: the phone is switched off or out of reach. It can be sent again later."
        }
        TextFailure::UnknownSubscriber => {
            "It did not arrive: the number is unknown or not in use any more. Ask the patient for the right one."
        }
        TextFailure::CarrierBlocked => "It did not arrive: the patient's carrier blocked it.",
        TextFailure::GatewayRefused => {
            "It was not sent: the clinic's texting account does not allow it. An administrator should look at the gateway."
        }
        TextFailure::GatewayUnavailable => {
            "It was not sent: the texting gateway could not be reached for a long time. It can be sent again."
        }
        TextFailure::NoGateway => "It was not sent: the clinic has no texting gateway.",
        TextFailure::Unknown => "It did not arrive; the carrier gave no reason.",
    }
}
