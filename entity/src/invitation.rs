//! An invitation into the patient portal.

use sea_orm::entity::prelude::*;

use crate::{InvitationId, OrganizationId, PatientId, StaffId};

/// An invitation into the patient portal.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invitation")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvitationId,
    /// The patient.
    pub patient_id: PatientId,
    /// Who sent it.
    pub invited_by: StaffId,
    /// From then on it is worth nothing.
    pub expires_at: DateTimeUtc,
    /// When the patient accepted.
    pub accepted_at: Option<DateTimeUtc>,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
