//! How often a patient got a message template, moved with each message and never counted.

use sea_orm::entity::prelude::*;

use crate::{MessageTemplateId, OrganizationId, PatientId, StaffId};

/// How often a patient got a message template, moved with each message and never counted.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "patient_template")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The patient.
    #[sea_orm(primary_key, auto_increment = false)]
    pub patient_id: PatientId,
    /// The template.
    #[sea_orm(primary_key, auto_increment = false)]
    pub template_id: MessageTemplateId,
    /// How often.
    pub times: i64,
    /// When it was sent last.
    pub last_sent_at: DateTimeUtc,
    /// By whom.
    pub last_sent_by: StaffId,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
