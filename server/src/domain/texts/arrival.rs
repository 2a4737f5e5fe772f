//! Texts as they come in: each is stored once, before its gateway is answered.

use entity::{
    InboundState, InboundTextId, MessageBody, PhoneNumber, ProviderMessageId, text_gateway,
};
use sea_orm::ConnectionTrait as _;

use crate::domain::{core::Core, fault::Fault, secret::SealedPlace, store::sql, texting::keywords};

/// A text as a gateway brings it.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// What the gateway calls it.
    pub provider_message_id: ProviderMessageId,
    /// The number that it was sent to.
    pub our_number: PhoneNumber,
    /// The number that it came from.
    pub from: PhoneNumber,
    /// What it says.
    pub body: MessageBody,
    /// How many pictures or other files came with it. They stay at the gateway.
    pub pictures: u32,
}

/// Stores a text that came in; tells whether it is a new one. The gateway's row is locked for it, so that the texts of a
/// gateway are numbered in the order in which they are stored. Two statements.
///
/// # Errors
/// Any failure of the database; it is not stored then, and the gateway must bring it again.
pub async fn arrive(
    core: &Core,
    gateway: &text_gateway::Model,
    arrival: &Arrival,
) -> Result<bool, Fault> {
    let now = core.clock.now();
    let organization = gateway.organization_id;
    let id = InboundTextId(core.entropy.uuid(now));
    let body = core.secret.seal(
        &core.entropy,
        body_place(organization, id),
        arrival.body.reveal(),
    )?;
    let is_keyword = keywords::keyword(arrival.body.reveal()).is_some();
    let pictures = i32::try_from(arrival.pictures).unwrap_or(i32::MAX);
    let tx = core.store.begin().await?;
    let row = tx
        .query_one_raw(sql(
            &tx,
            "update text_gateway set received = received + 1 where organization_id = $1 and id = $2 returning received",
            [organization.into(), gateway.id.into()],
        ))
        .await?
        .ok_or(Fault::Corrupt("text gateway row"))?;
    let sequence: i64 = row.try_get_by_index(0)?;
    let stored = tx
        .execute_raw(sql(
            &tx,
            "insert into inbound_text (organization_id, id, gateway_id, provider_message_id, sequence, our_number, their_number, body, \
             state, attempts, due_at, received_at, keyword, pictures) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $10, $11, $12) \
             on conflict (gateway_id, provider_message_id) do nothing",
            [
                organization.into(),
                id.into(),
                gateway.id.into(),
                arrival.provider_message_id.clone().into(),
                sequence.into(),
                arrival.our_number.clone().into(),
                arrival.from.clone().into(),
                body.into(),
                InboundState::Pending.into(),
                now.into(),
                is_keyword.into(),
                pictures.into(),
            ],
        ))
        .await?;
    if stored.rows_affected() == 0 {
        tx.rollback().await?;
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

/// Where the body of a text that came in lies.
pub(super) const fn body_place(
    organization: entity::OrganizationId,
    id: InboundTextId,
) -> SealedPlace {
    SealedPlace::new(organization, id.0, "inbound_text.body")
}
