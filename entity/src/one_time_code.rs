//! A code for one sign-in. The code itself is derived from the id and the server's secret, never stored.

use sea_orm::entity::prelude::*;

use crate::{OneTimeCodeId, OrganizationId, PatientId};

/// A code for one sign-in. The code itself is derived from the id and the server's secret, never stored.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "one_time_code")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OneTimeCodeId,
    /// The patient.
    pub patient_id: PatientId,
    /// When it was stored.
    pub created_at: DateTimeUtc,
    /// From then on it is worth nothing.
    pub expires_at: DateTimeUtc,
    /// How often it was tried.
    pub attempts: i32,
    /// When it was used.
    pub used_at: Option<DateTimeUtc>,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
