//! Numbers that get no texts, because STOP came from them: whoever has the phone decides, for every patient who has the number.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::{OrganizationId, PhoneNumber};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::domain::{
    fault::Fault,
    store::{Sql, sql},
};

/// Blocks a number; tells whether it was not blocked before. One statement.
pub(super) async fn block(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    number: &PhoneNumber,
    now: DateTime<Utc>,
) -> Result<bool, Fault> {
    let done = tx
        .execute_raw(sql(
            tx,
            "insert into number_block (organization_id, number, created_at) values ($1, $2, $3) \
             on conflict (organization_id, number) do nothing",
            [organization.into(), number.clone().into(), now.into()],
        ))
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Lifts the block of a number; tells whether there was one. One statement.
pub(super) async fn unblock(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    number: &PhoneNumber,
) -> Result<bool, Fault> {
    let done = tx
        .execute_raw(sql(
            tx,
            "delete from number_block where organization_id = $1 and number = $2",
            [organization.into(), number.clone().into()],
        ))
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Which of these numbers the organization may not text any more. At most one statement.
///
/// # Errors
/// Any failure of the database.
pub(in crate::domain) async fn blocked_among(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    numbers: &[&PhoneNumber],
) -> Result<HashSet<PhoneNumber>, Fault> {
    if numbers.is_empty() {
        return Ok(HashSet::new());
    }
    let mut select = Sql::new("select number from number_block where organization_id = ");
    select
        .bind(organization)
        .push(" and number in ")
        .list(numbers.iter().map(|number| (*number).clone()));
    let rows = connection.query_all_raw(select.on(connection)).await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}
