//! What a case began with and who looks after it. Where it stands is said by its conversation, which has the same id.

use sea_orm::entity::prelude::*;

use crate::{
    CasePriority, CaseSource, ConversationId, OrganizationId, PatientId, PersonKind, PhoneNumber,
    StaffId,
};

/// What a case began with and who looks after it. Where it stands is said by its conversation, which has the same id.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_request")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The conversation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: ConversationId,
    /// The patient.
    pub patient_id: PatientId,
    /// How it came.
    pub source: CaseSource,
    /// The mobile number that was given for it, in E.164; it may be another than the patient's. Without one the case is held by
    /// the patient's, whatever that is by then.
    pub number: Option<PhoneNumber>,
    /// The staff member who works on it.
    pub assignee_id: Option<StaffId>,
    /// How soon it is to be worked on.
    pub priority: CasePriority,
    /// Who opened it.
    pub opened_by_kind: PersonKind,
    /// Who opened it.
    pub opened_by_id: Uuid,
    /// Chosen by the client; unique for whoever opened it.
    pub idempotency_key: String,
    /// A hash of what was asked for with that key, to tell a repeated request from another one.
    pub digest: Vec<u8>,
    /// When it was opened.
    pub opened_at: DateTimeUtc,
    /// When the clinic wants to have answered it; none where it has no target.
    pub first_answer_due_at: Option<DateTimeUtc>,
    /// When a staff member wrote to the patient first.
    pub first_answered_at: Option<DateTimeUtc>,
    /// When staff were told that the first answer is overdue.
    pub overdue_told_at: Option<DateTimeUtc>,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
