//! Where a patient's enrolment in texting stands. Without a row: nobody has asked them.

use sea_orm::entity::prelude::*;

use crate::{
    OptedOutBy, OrganizationId, PatientId, PhoneNumber, StaffId, TextingFailure, TextingStatus,
};

/// Where a patient's enrolment in texting stands. Without a row: nobody has asked them.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "texting_enrolment")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The patient.
    #[sea_orm(primary_key, auto_increment = false)]
    pub patient_id: PatientId,
    /// The number that it is about, in E.164; with another number on file it counts for nothing.
    pub number: PhoneNumber,
    /// Where it stands.
    pub status: TextingStatus,
    /// Since when.
    pub since: DateTimeUtc,
    /// While it is pending: when the question was sent last.
    pub asked_at: Option<DateTimeUtc>,
    /// How many answers were wrong since staff began.
    pub wrong_answers: i32,
    /// Why it failed, or had failed before the patient was opted out.
    pub failure: Option<TextingFailure>,
    /// Who opted the patient out.
    pub opted_out_by: Option<OptedOutBy>,
    /// Where it stood before the patient was opted out.
    pub status_before: Option<TextingStatus>,
    /// The staff member who asked last.
    pub asked_by: Option<StaffId>,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
