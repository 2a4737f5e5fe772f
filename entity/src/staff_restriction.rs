//! Which programs a staff member has no access to.

use sea_orm::entity::prelude::*;

use crate::{OrganizationId, ProgramId, StaffId};

/// Which programs a staff member has no access to.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "staff_restriction")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The staff member.
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: StaffId,
    /// The program.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: ProgramId,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
