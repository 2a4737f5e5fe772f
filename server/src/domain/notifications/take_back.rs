//! Notifications whose text was handed on and did not arrive.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{NotificationId, NotificationStatus, OrganizationId};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, Value};

use super::schedule;
use crate::domain::{core::Core, fault::Fault, store::Sql};

/// Takes back notifications whose texts failed, each with the class of the failure and whether it may succeed later: it is
/// tried again by the schedule, or ends among the dead letters (NOT-3). Two statements; none without any.
pub(crate) async fn take_back(
    core: &Core,
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    now: DateTime<Utc>,
    failed: &[(NotificationId, String, bool)],
) -> Result<(), Fault> {
    if failed.is_empty() {
        return Ok(());
    }
    let ids = failed.iter().map(|(id, _, _)| *id);
    let attempts = attempts(tx, organization, ids).await?;
    let rows: Vec<[Value; 5]> = failed
        .iter()
        .filter_map(|(id, class, passing)| {
            let attempts = *attempts.get(id)?;
            let wait = schedule::wait_after(attempts, &core.entropy).filter(|_| *passing);
            let (status, settled_at) = match wait {
                Some(_) => (NotificationStatus::Pending, None),
                None => (NotificationStatus::Dead, Some(now)),
            };
            Some([
                (*id).into(),
                status.into(),
                (now + wait.unwrap_or_default()).into(),
                class.clone().into(),
                settled_at.into(),
            ])
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut update = Sql::new(
        "update notification set status = v.column2, due_at = v.column3, last_error = v.column4, settled_at = v.column5 from (values ",
    );
    update
        .rows(rows)
        .push(") as v where notification.organization_id = ")
        .bind(organization)
        .push(" and notification.id = v.column1 and notification.status = 'SENT'");
    tx.execute_raw(update.on(tx)).await?;
    Ok(())
}

async fn attempts(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    ids: impl Iterator<Item = NotificationId>,
) -> Result<HashMap<NotificationId, i32>, Fault> {
    let mut select = Sql::new("select id, attempts from notification where organization_id = ");
    select
        .bind(organization)
        .push(" and id in ")
        .list(ids)
        .push(" order by id");
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for update");
    }
    let rows = tx.query_all_raw(select.on(tx)).await?;
    rows.iter()
        .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
        .collect()
}
