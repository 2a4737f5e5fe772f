//! What was changed of a case, when and by whom. Entries are only ever added.

use sea_orm::entity::prelude::*;

use crate::{CaseChangeKind, ConversationId, OrganizationId, PersonKind};

/// What was changed of a case, when and by whom. Entries are only ever added.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_request_change")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: ConversationId,
    /// Its number in the history of the case, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// What was changed.
    pub kind: CaseChangeKind,
    /// What it was: a status, a priority, or the public id of a staff member; none where there was nothing before.
    pub before: Option<String>,
    /// What it is now; none where nobody is assigned any more.
    pub after: Option<String>,
    /// Who did it.
    pub person_kind: PersonKind,
    /// Who did it.
    pub person_id: Uuid,
    /// When.
    pub changed_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
