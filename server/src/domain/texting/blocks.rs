//! Numbers that get no texts, because STOP came from them: whoever has the phone decides, for every patient who has the number.

use chrono::{DateTime, Utc};
use entity::{OrganizationId, PhoneNumber};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction};

use crate::domain::{fault::Fault, store::sql};

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
