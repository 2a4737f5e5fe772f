//! A file that somebody has uploaded. Its bytes are in the store of files, in segments of a fixed size.

use sea_orm::entity::prelude::*;

use crate::{
    AttachmentDisposal, AttachmentId, AttachmentStatus, FileName, OrganizationId, PatientId,
    PersonKind, UnscannedBecause,
};

/// A file that somebody has uploaded. Its bytes are in the store of files, in segments of a fixed size.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttachmentId,
    /// Who uploaded it.
    pub uploaded_by_kind: PersonKind,
    /// Who uploaded it.
    pub uploaded_by_id: Uuid,
    /// Whom it is about.
    pub patient_id: PatientId,
    /// What it is called; a label, and nothing is decided by it.
    pub file_name: FileName,
    /// How many bytes it has, as was announced.
    pub length: i64,
    /// How many of them are stored.
    pub received: i64,
    /// What its bytes show it to be; none while they arrive.
    pub media_type: Option<String>,
    /// What the sender says that its SHA-256 is.
    pub expected_sha256: Option<Vec<u8>>,
    /// Its SHA-256, found in the inspection.
    pub sha256: Option<Vec<u8>>,
    /// How far it has come.
    pub status: AttachmentStatus,
    /// Why it is [`AttachmentStatus::Unscanned`], where it is.
    pub unscanned_because: Option<UnscannedBecause>,
    /// What of it is about to be removed.
    pub disposal: Option<AttachmentDisposal>,
    /// From when on it is removed unless something has made use of it; none once something has.
    pub expires_at: Option<DateTimeUtc>,
    /// When its inspection is tried next.
    pub due_at: DateTimeUtc,
    /// How often its inspection has begun.
    pub attempts: i32,
    /// Until when somebody works on it alone.
    pub leased_until: Option<DateTimeUtc>,
    /// Who works on it.
    pub leased_by: Option<Uuid>,
    /// The width of the small picture made of it, if there is one.
    pub thumbnail_width: Option<i32>,
    /// The height of the small picture.
    pub thumbnail_height: Option<i32>,
    /// The bytes of the small picture.
    pub thumbnail_length: Option<i32>,
    /// When it was announced.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
