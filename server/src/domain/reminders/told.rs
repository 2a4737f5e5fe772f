//! Telling how far a reminder has come; and when it has ended, whoever counts on it that not all who were to get it did.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::{
    EventKind, NotificationPurpose, OrganizationId, ReminderId, ReminderStatus, Roles, StaffId,
    reminder,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait as _};

use crate::domain::{
    core::Core,
    event_log::{Audience, Change, Concerned, NewEvent},
    fault::Fault,
    notifications::{Unsent, administrators},
    policy::hidden_by_restriction,
    store::{Sql, sql},
};

/// The most staff members who are told in place of a sender who is gone. Where more would have to be, the administrators are.
const STANDING_IN: usize = 50;
/// Those who were to get it when it was sent, and did not. What was cancelled is no miss: somebody wanted it so.
const MISSED: &str = " and r.status in ('SKIPPED', 'FAILED') and r.due_at is not null";

/// The event of a reminder that has come further. When it has ended and not all who were to get it did, the event alerts its
/// sender, or those in their place, and they are notified: once, because it ends once. Five statements at most when it has
/// ended, none otherwise.
pub(super) async fn progress(
    core: &Core,
    tx: &DatabaseTransaction,
    reminder: &reminder::Model,
    now: DateTime<Utc>,
) -> Result<NewEvent, Fault> {
    let counting = match reminder.status {
        ReminderStatus::Queued | ReminderStatus::Running => BTreeSet::new(),
        ReminderStatus::Done | ReminderStatus::Cancelled => tell(core, tx, reminder, now).await?,
    };
    let concerned = |staff| Concerned {
        staff,
        alerted: true,
    };
    Ok(NewEvent {
        reminder: Some(reminder.id),
        audience: Audience(counting.into_iter().map(concerned).collect()),
        ..NewEvent::new(EventKind::ReminderProgressed)
    })
}

/// Tells of it once more, because somebody who was to be notified is gone. At most eight statements and the commit.
pub(in crate::domain) async fn tell_again(
    core: &Core,
    organization: OrganizationId,
    id: ReminderId,
) -> Result<(), Fault> {
    let mut change = Change::begin(core, organization).await?;
    let (tx, now) = (change.tx(), change.now);
    let reminder = reminder::Entity::find_by_id((organization, id))
        .one(tx)
        .await?
        .ok_or(Fault::Corrupt("notification subject"))?;
    let event = progress(core, tx, &reminder, now).await?;
    change.record(event);
    change.commit().await?;
    Ok(())
}

/// How many of those who were to get a reminder when it was sent did not, for whoever was found to be allowed to see it. One
/// statement.
///
/// # Errors
/// Any failure of the database.
pub async fn missed(
    connection: &impl ConnectionTrait,
    reminder: &reminder::Model,
) -> Result<i64, Fault> {
    let mut select =
        Sql::new("select count(*) from reminder_recipient r where r.organization_id = ");
    select
        .bind(reminder.organization_id)
        .push(" and r.reminder_id = ")
        .bind(reminder.id)
        .push(MISSED);
    let row = connection.query_one_raw(select.on(connection)).await?;
    let row = row.ok_or(Fault::Corrupt("count"))?;
    Ok(row.try_get_by_index(0)?)
}

async fn tell(
    core: &Core,
    tx: &DatabaseTransaction,
    reminder: &reminder::Model,
    now: DateTime<Utc>,
) -> Result<BTreeSet<StaffId>, Fault> {
    if missed(tx, reminder).await? == 0 {
        return Ok(BTreeSet::new());
    }
    let counting = counting(tx, reminder).await?;
    let unsent = Unsent {
        organization: reminder.organization_id,
        purpose: NotificationPurpose::ReminderIncomplete,
        subject: reminder.id.0,
        kind: "incomplete",
        patient: None,
        conversation: None,
    };
    unsent.notify(core, tx, &counting, now).await?;
    Ok(counting)
}

/// Its sender. When they are gone or no clinician any more, those of the panels of the patients who did not get it who are
/// alerted; and when there is none of these or very many, the administrators. Three statements at most.
async fn counting(
    tx: &DatabaseTransaction,
    reminder: &reminder::Model,
) -> Result<BTreeSet<StaffId>, Fault> {
    let sender = tx
        .query_one_raw(sql(
            tx,
            "select id from staff_member where organization_id = $1 and id = $2 and status = 'ACTIVE' and (roles & $3) <> 0",
            [
                reminder.organization_id.into(),
                reminder.created_by.into(),
                Roles::CLINICIAN.0.into(),
            ],
        ))
        .await?;
    if sender.is_some() {
        return Ok(BTreeSet::from([reminder.created_by]));
    }
    let others = alerted(tx, reminder).await?;
    if others.is_empty() || others.len() > STANDING_IN {
        return administrators(tx, reminder.organization_id).await;
    }
    Ok(others)
}

/// Those who are alerted of what the patients write who did not get it; one more than may be told shows that there are more.
async fn alerted(
    tx: &DatabaseTransaction,
    reminder: &reminder::Model,
) -> Result<BTreeSet<StaffId>, Fault> {
    let mut select = Sql::new(
        "select distinct pm.staff_id from reminder_recipient r \
         join patient p on p.organization_id = r.organization_id and p.id = r.patient_id \
         join panel_member pm on pm.organization_id = r.organization_id and pm.patient_id = r.patient_id \
         join staff_member s on s.organization_id = r.organization_id and s.id = pm.staff_id where r.organization_id = ",
    );
    select
        .bind(reminder.organization_id)
        .push(" and r.reminder_id = ")
        .bind(reminder.id)
        .push(MISSED)
        .push(" and s.status = 'ACTIVE' and s.notify_new_message and (s.roles & ")
        .bind(Roles::CLINICIAN)
        .push(") <> 0 and not ")
        .push(&hidden_by_restriction("p", "pm.staff_id"))
        .push(" order by pm.staff_id limit ")
        .bind(i64::try_from(STANDING_IN + 1).unwrap_or(i64::MAX));
    let rows = tx.query_all_raw(select.on(tx)).await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}
