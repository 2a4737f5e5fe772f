//! One line of a patient's care team panel.

use sea_orm::entity::prelude::*;

use crate::{OrganizationId, PanelRole, PatientId, StaffId};

/// One line of a patient's care team panel.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "panel_member")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The patient.
    #[sea_orm(primary_key, auto_increment = false)]
    pub patient_id: PatientId,
    /// The staff member.
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: StaffId,
    /// Why the staff member stands there.
    pub role: PanelRole,
    /// Since when.
    pub joined_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
