//! Notifications that failed for good: administrators see them and can try again (NOT-3).

use chrono::{DateTime, Utc};
use entity::{
    Channel, NotificationId, NotificationPurpose, NotificationStatus, PersonId, PersonName,
    notification,
};
use sea_orm::{ConnectionTrait as _, FromQueryResult as _};

use crate::domain::{
    core::Core,
    page::{Page, Slice},
    people,
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
    /// To whom; none when it never came to that, and for a patient who does not exist for this administrator (PEO-6).
    pub addressee: Option<Addressee>,
    /// How often it was tried.
    pub attempts: i32,
    /// The class of the last failure, without personal data.
    pub reason: String,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
    /// When it was given up.
    pub failed_at: DateTime<Utc>,
}

/// To whom a dead letter was to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: PersonName,
}

/// A page of the dead letters, the newest notification first. Four statements.
///
/// # Errors
/// [`Denied::Fault`] only.
pub async fn dead_letters(
    core: &Core,
    administrator: &AsAdministrator,
    slice: &Slice<uuid::Uuid>,
) -> Result<Page<DeadLetter>, Denied> {
    let connection = core.store.reader();
    let mut select = Sql::new("select * from notification where organization_id = ");
    select
        .bind(administrator.organization())
        .push(" and status = ")
        .bind(NotificationStatus::Dead);
    slice.push_newest_first(&mut select);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let rows = rows
        .iter()
        .map(|row| notification::Model::from_query_result(row, ""))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(slice.page(described(core, administrator, rows).await?))
}

/// Adds who they were for. Three statements.
async fn described(
    core: &Core,
    administrator: &AsAdministrator,
    rows: Vec<notification::Model>,
) -> Result<Vec<DeadLetter>, Denied> {
    let people = rows.iter().filter_map(recipient);
    let names = people::names(core.store.reader(), administrator.viewer(), people).await?;
    let letters = rows.into_iter().map(|row| DeadLetter {
        id: row.id,
        purpose: row.purpose,
        channel: row.channel,
        addressee: recipient(&row).and_then(|person| {
            let name = names.get(&person)?.clone();
            Some(Addressee { person, name })
        }),
        attempts: row.attempts,
        reason: row.last_error.unwrap_or_default(),
        created_at: row.created_at,
        failed_at: row.settled_at.unwrap_or(row.created_at),
    });
    Ok(letters.collect())
}

fn recipient(row: &notification::Model) -> Option<PersonId> {
    let kind = row.recipient_kind?;
    Some(PersonId::from_columns(kind, row.recipient_id?))
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
) -> Result<(), Denied> {
    let connection = core.store.writer();
    let done = connection
        .execute_raw(sql(
            connection,
            // A code or a link for a password was asked for by one address, and goes there or nowhere.
            "update notification set status = 'PENDING', due_at = $3, attempts = 0, settled_at = null, \
             channel = case when purpose in ('SIGN_IN_CODE', 'PASSWORD_RESET') or subject_id is null and purpose = 'INVITATION' \
             then channel else null end \
             where organization_id = $1 and id = $2 and status = 'DEAD'",
            [
                administrator.organization().into(),
                id.into(),
                core.clock.now().into(),
            ],
        ))
        .await?;
    if done.rows_affected() == 0 {
        return Err(Denied::NotFound);
    }
    Ok(())
}
