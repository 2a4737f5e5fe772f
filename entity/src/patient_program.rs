//! Which patients are enrolled in which programs.

use sea_orm::entity::prelude::*;

use crate::{OrganizationId, PatientId, ProgramId};

/// Which patients are enrolled in which programs.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "patient_program")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The patient.
    #[sea_orm(primary_key, auto_increment = false)]
    pub patient_id: PatientId,
    /// The program.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: ProgramId,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
