//! Notifications that failed for good: administrators see them and can try again (NOT-3).

use chrono::{DateTime, Utc};
use entity::{
    Channel, NotificationId, NotificationPurpose, NotificationStatus, PersonId, notification,
};
use sea_orm::{ConnectionTrait as _, FromQueryResult as _};

use crate::domain::{
    core::Core,
    fault::Fault,
    page::{Direction, Page, Slice},
    policy::{AsAdministrator, Denied},
    store::{Sql, sql},
};

/// A notification that failed for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id.
    pub id: NotificationId,
    /// What it was for.
    pub purpose: NotificationPurpose,
    /// How it was to travel; none when no way was found.
    pub channel: Option<Channel>,
    /// To whom; none when it never came to that.
    pub recipient: Option<PersonId>,
    /// How often it was tried.
    pub attempts: i32,
    /// The class of the last failure, without personal data.
    pub reason: String,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
    /// When it was given up.
    pub failed_at: DateTime<Utc>,
}

impl From<notification::Model> for DeadLetter {
    fn from(row: notification::Model) -> Self {
        Self {
            id: row.id,
            purpose: row.purpose,
            channel: row.channel,
            recipient: row
                .recipient_kind
                .zip(row.recipient_id)
                .map(|(kind, id)| PersonId::from_columns(kind, id)),
            attempts: row.attempts,
            reason: row.last_error.unwrap_or_default(),
            created_at: row.created_at,
            failed_at: row.settled_at.unwrap_or(row.created_at),
        }
    }
}

/// A page of the dead letters, the newest notification first. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn dead_letters(
    core: &Core,
    administrator: &AsAdministrator,
    slice: &Slice<uuid::Uuid>,
) -> Result<Page<DeadLetter>, Fault> {
    let connection = core.store.reader();
    let mut select = Sql::new("select * from notification where organization_id = ");
    select
        .bind(administrator.organization())
        .push(" and status = ")
        .bind(NotificationStatus::Dead);
    push_newest_first(&mut select, slice);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let letters = rows
        .iter()
        .map(|row| Ok(notification::Model::from_query_result(row, "")?.into()))
        .collect::<Result<Vec<DeadLetter>, Fault>>()?;
    Ok(slice.page(letters))
}

/// Adds a slice of a list that shows its newest ids first.
pub(super) fn push_newest_first(sql: &mut Sql, slice: &Slice<uuid::Uuid>) {
    if let Some(after) = slice.after {
        sql.push(" and id < ").bind(after);
    }
    if let Some(before) = slice.before {
        sql.push(" and id > ").bind(before);
    }
    sql.push(match slice.direction {
        Direction::Forward => " order by id desc limit ",
        Direction::Backward => " order by id limit ",
    })
    .bind(slice.fetch());
}

/// Puts a dead letter back into the outbox, due now, with all its attempts before it, and through the addressing lane, so
/// that an address that was corrected meanwhile is used. One statement.
///
/// # Errors
/// [`Denied::NotFound`] when it is no dead letter of this clinic.
pub async fn retry_dead_letter(
    core: &Core,
    administrator: &AsAdministrator,
    id: NotificationId,
) -> Result<DeadLetter, Denied> {
    let connection = core.store.writer();
    let row = connection
        .query_one_raw(sql(
            connection,
            // A code was asked for by one address, and goes there or nowhere.
            "update notification set status = 'PENDING', due_at = $3, attempts = 0, settled_at = null, \
             channel = case when purpose = 'SIGN_IN_CODE' then channel else null end \
             where organization_id = $1 and id = $2 and status = 'DEAD' returning *",
            [
                administrator.organization().into(),
                id.into(),
                core.clock.now().into(),
            ],
        ))
        .await?
        .ok_or(Denied::NotFound)?;
    Ok(notification::Model::from_query_result(&row, "")?.into())
}
