//! Organizations: founding one, and what its administrators decide.

mod files;
mod first_answers;
mod found;
mod presets;
mod settings;
mod urgent_words;

use entity::{OrganizationId, organization};
use sea_orm::{ConnectionTrait, EntityTrait as _};

pub use files::AttachmentChanges;
pub use first_answers::FirstAnswerChanges;
pub use found::{Founded, Founding, FoundingError, NewOrganization, found};
pub use presets::Preset;
pub use settings::{SettingsChanges, SettingsError, update_settings};

use super::fault::Fault;

/// The organization itself. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn of(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
) -> Result<organization::Model, Fault> {
    organization::Entity::find_by_id(organization)
        .one(connection)
        .await?
        .ok_or(Fault::Corrupt("organization row"))
}
