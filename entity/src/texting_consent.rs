//! An entry of the ledger of consents to texts. Entries are added, and never changed.

use sea_orm::entity::prelude::*;

use crate::{
    ConsentChange, ConsentSource, OrganizationId, PatientId, PhoneNumber, StaffId, TextingConsentId,
};

/// An entry of the ledger of consents to texts. Entries are added, and never changed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "texting_consent")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TextingConsentId,
    /// The patient.
    pub patient_id: PatientId,
    /// The number that it is about, in E.164.
    pub number: PhoneNumber,
    /// Given or taken back.
    pub change: ConsentChange,
    /// How.
    pub source: ConsentSource,
    /// What the patient answered to, or the word that they sent.
    pub wording: String,
    /// BCP 47 tag of the wording's language.
    pub language: String,
    /// The staff member who noted it.
    pub staff_id: Option<StaffId>,
    /// When.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
