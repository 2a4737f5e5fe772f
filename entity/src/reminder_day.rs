//! How many reminders a patient got on their newest day with any.

use sea_orm::entity::prelude::*;

use crate::{OrganizationId, PatientId};

/// How many reminders a patient got on their newest day with any.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reminder_day")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The patient.
    #[sea_orm(primary_key, auto_increment = false)]
    pub patient_id: PatientId,
    /// The day, in the patient's time zone.
    pub day: Date,
    /// How many on that day.
    pub times: i32,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
