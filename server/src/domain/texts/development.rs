//! The development outbox as a gateway: what would have been sent is kept there, and whoever tries the product answers for
//! the patient.

use std::collections::HashSet;

use entity::{
    Channel, DevelopmentMessageId, MessageBody, OrganizationId, PhoneNumber, ProviderMessageId,
    TextDirection, TextId, text,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{
    arrival::{Arrival, arrive},
    outbox::{ClaimedText, Errand, gateway_of_webhook},
};
use crate::domain::{
    core::Core,
    fault::Fault,
    notifications::{self, Kept},
    policy::{AsAdministrator, Denied},
};

/// Keeps texts instead of sending them. Two statements.
///
/// # Errors
/// Any failure of the database; none is kept then.
pub async fn keep(core: &Core, claimed: &[ClaimedText]) -> Result<(), Fault> {
    let kept = claimed.iter().filter_map(|text| match &text.errand {
        Errand::HandOver(body) => Some(Kept {
            organization: text.row.organization_id,
            id: DevelopmentMessageId(text.row.id.0),
            channel: Channel::Sms,
            recipient: text.row.their_number.reveal(),
            subject: None,
            text: body.reveal(),
            html: None,
        }),
        Errand::Drop(_) => None,
    });
    notifications::keep_all(core, kept.collect()).await
}

/// Which of these messages of the development outbox are texts that can be answered. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn answerable(
    core: &Core,
    organization: OrganizationId,
    ids: impl IntoIterator<Item = DevelopmentMessageId>,
) -> Result<HashSet<DevelopmentMessageId>, Fault> {
    let rows = text::Entity::find()
        .filter(text::Column::OrganizationId.eq(organization))
        .filter(text::Column::Id.is_in(ids.into_iter().map(|id| TextId(id.0))))
        .all(core.store.reader())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| DevelopmentMessageId(row.id.0))
        .collect())
}

/// Answers a text of the development outbox as its receiver: from then on it goes the way of any text that comes in. Tells
/// whether there was such a text. Five statements.
///
/// # Errors
/// Any failure of the database.
pub async fn answer(
    core: &Core,
    administrator: &AsAdministrator,
    id: DevelopmentMessageId,
    body: &MessageBody,
) -> Result<(), Denied> {
    if answer_in_demo(core, administrator.organization(), id, body).await? {
        Ok(())
    } else {
        Err(Denied::NotFound)
    }
}

/// [`answer`], for the page of a demonstration, which shows everybody everything. Five statements.
///
/// # Errors
/// Any failure of the database.
pub async fn answer_in_demo(
    core: &Core,
    organization: OrganizationId,
    id: DevelopmentMessageId,
    body: &MessageBody,
) -> Result<bool, Fault> {
    let row = text::Entity::find_by_id((organization, TextId(id.0)))
        .filter(text::Column::Direction.eq(TextDirection::Outbound))
        .one(core.store.reader())
        .await?;
    let Some(row) = row else { return Ok(false) };
    let number = row.their_number.clone();
    write_in(core, &row, number, body).await
}

async fn write_in(
    core: &Core,
    row: &text::Model,
    from: PhoneNumber,
    body: &MessageBody,
) -> Result<bool, Fault> {
    let Some(gateway) = gateway_of_webhook(core, row.gateway_id).await? else {
        return Ok(false);
    };
    let name = core.entropy.uuid(core.clock.now()).simple().to_string();
    let arrival = Arrival {
        provider_message_id: ProviderMessageId::new(format!("development {name}")),
        our_number: row.our_number.clone(),
        from,
        body: body.clone(),
        pictures: 0,
    };
    arrive(core, &gateway.row, &arrival).await?;
    Ok(true)
}
