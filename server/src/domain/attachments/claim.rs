//! Making use of uploaded files.

use chrono::{DateTime, Utc};
use entity::{AttachmentId, OrganizationId, attachment};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, FromQueryResult as _};

use crate::domain::{fault::Fault, store::Sql};

/// Takes the expiry away from files that something is about to hold, and locks them until the commit. Those that are not
/// whole, were refused or have run out are left out; in no particular order. One statement.
///
/// # Errors
/// Any failure of the database.
pub(in crate::domain) async fn claim(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    ids: &[AttachmentId],
    now: DateTime<Utc>,
) -> Result<Vec<attachment::Model>, Fault> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut update = Sql::new("update attachment set expires_at = null where organization_id = ");
    update
        .bind(organization)
        .push(" and id in ")
        .list(ids.iter().copied())
        .push(" and status in ('PENDING', 'CLEAN', 'UNSCANNED') and disposal is null and (expires_at is null or expires_at > ")
        .bind(now)
        .push(") returning *");
    tx.query_all_raw(update.on(tx))
        .await?
        .iter()
        .map(|row| Ok(attachment::Model::from_query_result(row, "")?))
        .collect()
}

/// Uploads that somebody names, whatever they are worth, locked until the commit; in no particular order. One statement.
///
/// # Errors
/// Any failure of the database.
pub(in crate::domain) async fn lock(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    ids: &[AttachmentId],
) -> Result<Vec<attachment::Model>, Fault> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = Sql::new("select * from attachment where organization_id = ");
    select
        .bind(organization)
        .push(" and id in ")
        .list(ids.iter().copied())
        .push(" order by id");
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for update");
    }
    tx.query_all_raw(select.on(tx))
        .await?
        .iter()
        .map(|row| Ok(attachment::Model::from_query_result(row, "")?))
        .collect()
}
