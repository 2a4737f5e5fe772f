//! A person whom an organization cares for.

use sea_orm::entity::prelude::*;

use crate::{BirthDate, Channel, EmailAddress, OrganizationId, PatientId, PersonName, PhoneNumber};

/// A person whom an organization cares for.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "patient")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PatientId,
    /// Its name.
    pub name: PersonName,
    /// For identification.
    pub date_of_birth: BirthDate,
    /// In E.164.
    pub phone: Option<PhoneNumber>,
    /// As it was written.
    pub email: Option<EmailAddress>,
    /// The address in lower case, for signing in.
    pub email_key: Option<EmailAddress>,
    /// BCP 47 tag.
    pub language: String,
    /// IANA name.
    pub time_zone: String,
    /// Whether the clinic lets this patient into the portal.
    pub portal_allowed: bool,
    /// When the patient accepted the invitation.
    pub enrolled_at: Option<DateTimeUtc>,
    /// The patient's choice; none takes whichever is on file, e-mail first.
    pub notify_channel: Option<Channel>,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// None: joins are written where they are used.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
