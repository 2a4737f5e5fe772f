//! An entry of the ledger of consents to texts by a number that no patient has. Entries are added, and never changed.

use sea_orm::entity::prelude::*;

use crate::{ConsentChange, ConsentSource, OrganizationId, PhoneNumber, TextingConsentId};

/// An entry of the ledger of consents to texts by a number that no patient has. Entries are added, and never changed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "number_consent")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TextingConsentId,
    /// The number, in E.164.
    pub number: PhoneNumber,
    /// Given or taken back.
    pub change: ConsentChange,
    /// How.
    pub source: ConsentSource,
    /// The word that was sent.
    pub wording: String,
    /// BCP 47 tag of the wording's language.
    pub language: String,
    /// When.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
