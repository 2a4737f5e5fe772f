//! A conversation between a clinic and a patient.

use sea_orm::entity::prelude::*;

use crate::{
    CaseStatus, Channel, ConversationId, ConversationKind, ConversationStatus, OrganizationId,
    PatientId, PersonKind, Replies, StaffId, Title,
};

/// A conversation between a clinic and a patient.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ConversationId,
    /// Its kind.
    pub kind: ConversationKind,
    /// The patient.
    pub patient_id: PatientId,
    /// What it is about, where somebody gave it a title.
    pub title: Option<Title>,
    /// Whether it goes on.
    pub status: ConversationStatus,
    /// Where the case stands, if it is one: it is closed while the case is complete, and open otherwise.
    pub case_status: Option<CaseStatus>,
    /// Whether the patient may answer, where that was said for this conversation; otherwise the organization's rule counts.
    pub replies: Option<Replies>,
    /// The staff member who began it; none where it came with the patient.
    pub begun_by: Option<StaffId>,
    /// The idempotency key with which it was begun; unique for whoever began it.
    pub begun_key: Option<String>,
    /// A hash of what was asked for with that key, to tell a repeated request from another one.
    pub begun_digest: Option<Vec<u8>>,
    /// Which side wrote the newest message that the patient sees.
    pub last_author_kind: Option<PersonKind>,
    /// By which way the patient wrote last.
    pub last_patient_channel: Option<Channel>,
    /// When the oldest message of the patient was stored that nobody has answered.
    pub unanswered_since: Option<DateTimeUtc>,
    /// Until when the patient was told to expect an answer to it.
    pub answer_due_at: Option<DateTimeUtc>,
    /// When staff were told that there had been none by then.
    pub overdue_told_at: Option<DateTimeUtc>,
    /// Since when nobody would be alerted of what the patient writes.
    pub unattended_since: Option<DateTimeUtc>,
    /// When it is to be found out whether any of this has changed.
    pub look_at: Option<DateTimeUtc>,
    /// Who closed it or opened it again last.
    pub status_changed_by: Option<StaffId>,
    /// When it was closed or opened again last.
    pub status_changed_at: Option<DateTimeUtc>,
    /// The number of the newest message or note; 0 before the first.
    pub seq: i64,
    /// How many of them the patient may see.
    pub visible_seq: i64,
    /// When the newest message or note was stored; before the first, when the conversation began.
    pub activity_at: DateTimeUtc,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The care-team chat that comes with a patient, before the first message.
    #[must_use]
    pub fn care_team_chat(
        organization_id: OrganizationId,
        id: ConversationId,
        patient_id: PatientId,
        at: DateTimeUtc,
    ) -> Self {
        Self {
            organization_id,
            id,
            kind: ConversationKind::CareTeamChat,
            patient_id,
            title: None,
            status: ConversationStatus::Open,
            case_status: None,
            replies: None,
            begun_by: None,
            begun_key: None,
            begun_digest: None,
            last_author_kind: None,
            last_patient_channel: None,
            unanswered_since: None,
            answer_due_at: None,
            overdue_told_at: None,
            unattended_since: None,
            look_at: None,
            status_changed_by: None,
            status_changed_at: None,
            seq: 0,
            visible_seq: 0,
            activity_at: at,
            created_at: at,
        }
    }
}
