//! The record of one download.

use sea_orm::entity::prelude::*;

use crate::{AttachmentId, DownloadId, FileForm, OrganizationId, PatientId, PersonKind, SessionId};

/// The record of one download.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "download")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DownloadId,
    /// What was downloaded; the record outlasts the file.
    pub attachment_id: AttachmentId,
    /// Whom the file is about; none of downloads before this was kept whose file is gone.
    pub patient_id: Option<PatientId>,
    /// In which form.
    pub form: FileForm,
    /// The message or document through which it was reached.
    pub reached_by: Uuid,
    /// By whom.
    pub person_kind: PersonKind,
    /// By whom.
    pub person_id: Uuid,
    /// On which device.
    pub session_id: SessionId,
    /// From which address.
    pub source: String,
    /// When.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
