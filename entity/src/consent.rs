//! What a patient agreed to, when, and how.

use sea_orm::entity::prelude::*;

use crate::{ConsentId, OrganizationId, PatientId};

/// What a patient agreed to, when, and how.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "consent")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ConsentId,
    /// The patient.
    pub patient_id: PatientId,
    /// Version of the wording.
    pub wording_version: i32,
    /// Language of the wording.
    pub wording_language: String,
    /// Where consent was given, such as `PORTAL_INVITATION`.
    pub source: String,
    /// When consent was given.
    pub granted_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
