//! A text that came in and could not be placed.

use sea_orm::entity::prelude::*;

use crate::{
    OrganizationId, PatientId, PhoneNumber, ProviderMessageId, QuarantineReason, QuarantineState,
    QuarantinedTextId, Sealed, StaffId, TextGatewayId, TextRemarks,
};

/// A text that came in and could not be placed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "quarantined_text")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: QuarantinedTextId,
    /// The gateway that brought it.
    pub gateway_id: TextGatewayId,
    /// What the gateway calls it.
    pub provider_message_id: ProviderMessageId,
    /// The number that it was sent to.
    pub our_number: PhoneNumber,
    /// The number that it came from.
    pub their_number: PhoneNumber,
    /// What it says, until somebody has looked after it.
    pub body: Option<Sealed>,
    /// Why it could not be placed.
    pub reason: QuarantineReason,
    /// What is remarkable of what it says.
    pub remarks: TextRemarks,
    /// What became of it.
    pub state: QuarantineState,
    /// When it came.
    pub received_at: DateTimeUtc,
    /// Whose it is, as a staff member said.
    pub patient_id: Option<PatientId>,
    /// Who looked after it.
    pub resolved_by: Option<StaffId>,
    /// When.
    pub resolved_at: Option<DateTimeUtc>,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
