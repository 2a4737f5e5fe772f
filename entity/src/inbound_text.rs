//! A text as it came in, stored before the gateway is answered.

use sea_orm::entity::prelude::*;

use crate::{
    InboundState, InboundTextId, OrganizationId, PhoneNumber, ProviderMessageId, Sealed,
    TextGatewayId,
};

/// A text as it came in, stored before the gateway is answered.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "inbound_text")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InboundTextId,
    /// The gateway that brought it.
    pub gateway_id: TextGatewayId,
    /// What the gateway calls it; the same again is the same text.
    pub provider_message_id: ProviderMessageId,
    /// Counts what the gateway brought.
    pub sequence: i64,
    /// The number that it was sent to.
    pub our_number: PhoneNumber,
    /// The number that it came from; empty once nobody asks for it any more.
    pub their_number: PhoneNumber,
    /// What it says, until it is applied.
    pub body: Option<Sealed>,
    /// Whether it is a keyword, such as STOP, which waits for nothing but the keywords before it.
    pub keyword: bool,
    /// How many pictures or other files came with it.
    pub pictures: i32,
    /// Where it stands.
    pub state: InboundState,
    /// How often applying it failed.
    pub attempts: i32,
    /// Not before.
    pub due_at: DateTimeUtc,
    /// When it came.
    pub received_at: DateTimeUtc,
    /// When it had its effect.
    pub applied_at: Option<DateTimeUtc>,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
