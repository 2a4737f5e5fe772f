//! What carries an organization's texts.

use sea_orm::entity::prelude::*;

use crate::{GatewayAccount, OrganizationId, Sealed, TextGatewayId, TextGatewayKind};

/// What carries an organization's texts.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "text_gateway")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id, which stands in the addresses of its webhooks.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TextGatewayId,
    /// What it speaks.
    pub kind: TextGatewayKind,
    /// Where it is; none for the development outbox.
    pub base_url: Option<String>,
    /// The account at Twilio, or the user of Kannel.
    pub account: Option<GatewayAccount>,
    /// The authentication token or password.
    pub credential: Option<Sealed>,
    /// What webhooks of a gateway must name that signs nothing.
    pub webhook_secret: Option<Sealed>,
    /// The messaging service that chooses the sender, where one does.
    pub messaging_service: Option<String>,
    /// How many texts leave from one number in a second.
    pub texts_per_second: i32,
    /// Whether texts leave by it.
    pub active: bool,
    /// How many texts it has brought.
    pub received: i64,
    /// When it was stored.
    pub created_at: DateTimeUtc,
    /// When it was changed last.
    pub updated_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
