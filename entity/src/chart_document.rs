//! A file of a patient's chart.

use sea_orm::entity::prelude::*;

use crate::{
    AttachmentId, ChartDocumentId, DocumentKind, DocumentTitle, OrganizationId, PatientId, StaffId,
};

/// A file of a patient's chart.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "chart_document")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChartDocumentId,
    /// Whose chart it is in.
    pub patient_id: PatientId,
    /// The file.
    pub attachment_id: AttachmentId,
    /// What it is.
    pub kind: DocumentKind,
    /// The day that it is about.
    pub dated: Date,
    /// What it is called.
    pub title: DocumentTitle,
    /// Who put it into the chart.
    pub created_by: StaffId,
    /// When.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
