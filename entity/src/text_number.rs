//! A number from which an organization texts. It belongs to one organization only.

use sea_orm::entity::prelude::*;

use crate::{OrganizationId, PhoneNumber, TextGatewayId, TextNumberId};

/// A number from which an organization texts. It belongs to one organization only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "text_number")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TextNumberId,
    /// In E.164.
    pub number: PhoneNumber,
    /// The gateway that it belongs to.
    pub gateway_id: TextGatewayId,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
