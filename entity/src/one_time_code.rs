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
    /// The patient to whose address or number it is sent; whoever else shares that may use it too.
    pub patient_id: PatientId,
    /// Keyed hash of the organization and the address or number it is sent to: it is worth nothing for another one.
    pub contact_key: Vec<u8>,
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
