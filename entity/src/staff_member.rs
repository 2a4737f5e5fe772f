//! A person who works at an organization.

use sea_orm::entity::prelude::*;

use crate::{
    Channel, EmailAddress, OrganizationId, PersonName, PhoneNumber, Roles, StaffId, StaffStatus,
};

/// A person who works at an organization.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "staff_member")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StaffId,
    /// Its name.
    pub name: PersonName,
    /// What patients read beside the name, such as "Nurse".
    pub profession: String,
    /// As it was written.
    pub email: EmailAddress,
    /// The address in lower case, for signing in.
    pub email_key: EmailAddress,
    /// In E.164.
    pub phone: Option<PhoneNumber>,
    /// See [`Roles`].
    pub roles: Roles,
    /// Where it stands.
    pub status: StaffStatus,
    /// BCP 47 tag.
    pub language: String,
    /// "New patient message" (NOT-1).
    pub notify_new_message: bool,
    /// "Unread message reminder" (NOT-1); only with the former.
    pub notify_unread: bool,
    /// "Two-way texting" (NOT-1).
    pub notify_texting: bool,
    /// `EMAIL` or `SMS`.
    pub notify_channel: Channel,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
