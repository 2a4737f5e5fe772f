//! A conversation between a clinic and a patient.

use sea_orm::entity::prelude::*;

use crate::{ConversationId, ConversationKind, OrganizationId, PatientId};

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
