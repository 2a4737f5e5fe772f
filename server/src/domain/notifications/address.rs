//! From "everyone who is to be told" to each person: the first half of the outbox.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Channel, NotificationId, NotificationPurpose, NotificationStatus, PersonKind, StaffId,
    notification, organization, patient, staff_member,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, EntityTrait as _, Value};

use super::{
    enqueue::reminder_key,
    outbox::{Claimed, Outcome, Settled, Skip},
    recipient::{
        Thread, followers_of, oldest_unseen, patient_channel, staff_channel, staff_cursors,
        staff_members,
    },
};
use crate::domain::{
    core::Core,
    fault::Fault,
    organizations,
    settings::Settings,
    store::{Sql, sql},
};

/// The class of a failure for want of an address and a number.
pub(super) const NO_CONTACT: &str = "no_contact";

/// Finds out whom a notification of the addressing lane is for, and how it reaches them. A notification that stands for a
/// conversation's staff becomes one for each staff member who is to be told now; one for a single person gets its channel. At most nine
/// statements.
///
/// # Errors
/// Any failure of the database; nothing has changed then.
pub async fn address(core: &Core, claimed: Claimed) -> Result<Settled, Fault> {
    let row = &claimed.row;
    let channel = match (row.recipient_kind, row.recipient_id) {
        (Some(PersonKind::Patient), Some(id)) => {
            let clinic = organizations::of(core.store.reader(), row.organization_id).await?;
            let settings = Settings::from_stored(clinic.settings)?;
            patient::Entity::find_by_id((row.organization_id, entity::PatientId(id)))
                .one(core.store.reader())
                .await?
                .as_ref()
                .map(|patient| patient_channel(&settings, patient))
        }
        (Some(PersonKind::Staff), Some(id)) => {
            staff_member::Entity::find_by_id((row.organization_id, StaffId(id)))
                .one(core.store.reader())
                .await?
                .as_ref()
                .map(|staff| Some(staff_channel(staff)))
        }
        _ => return fan_out(core, &claimed).await,
    };
    match channel {
        None => {
            claimed
                .settle(core, Outcome::Skipped(Skip::OutOfReach))
                .await
        }
        Some(None) => {
            claimed
                .settle(core, Outcome::Undeliverable(NO_CONTACT.to_owned()))
                .await
        }
        Some(Some(channel)) => {
            let had = claimed.pass_on(core, channel).await?;
            Ok(if had {
                Settled::Addressed
            } else {
                Settled::Lost
            })
        }
    }
}

/// Makes one notification for each staff member who is to be told, and settles the one that stood for them, in one
/// transaction.
async fn fan_out(core: &Core, claimed: &Claimed) -> Result<Settled, Fault> {
    let row = &claimed.row;
    let now = core.clock.now();
    let tx = core.store.begin().await?;
    if !claimed
        .finish(&tx, now, NotificationStatus::Sent, None)
        .await?
    {
        return Ok(Settled::Lost);
    }
    let told = match row.purpose {
        NotificationPurpose::NewPatientMessage => to_alert(&tx, row).await?,
        NotificationPurpose::UnreadReminder => to_remind(core, &tx, row, now).await?,
        NotificationPurpose::NewClinicMessage
        | NotificationPurpose::Invitation
        | NotificationPurpose::SignInCode
        | NotificationPurpose::PasswordReset => {
            return Err(Fault::Corrupt("notification without recipient"));
        }
    };
    store_addressed(core, &tx, row, now, &told).await?;
    tx.commit().await?;
    Ok(Settled::Addressed)
}

/// Who of the followers is alerted and has not seen all that the patient wrote.
async fn to_alert(
    tx: &DatabaseTransaction,
    row: &notification::Model,
) -> Result<Vec<StaffId>, Fault> {
    let thread = Thread::of(row)?;
    let followers = followers_of(tx, thread).await?;
    let alerted: Vec<_> = followers
        .0
        .iter()
        .filter(|member| member.alerted)
        .map(|member| member.staff)
        .collect();
    let cursors = staff_cursors(tx, thread, &alerted).await?;
    let unseen = oldest_unseen(tx, thread, &alerted, &cursors).await?;
    Ok(unseen.into_keys().collect())
}

/// Who of the followers wants reminders and has left a message unread for too long, once for each stretch of unread (NOT-1).
/// What is unread but not old enough sets the next reminder.
async fn to_remind(
    core: &Core,
    tx: &DatabaseTransaction,
    row: &notification::Model,
    now: DateTime<Utc>,
) -> Result<Vec<StaffId>, Fault> {
    let thread = Thread::of(row)?;
    let followers = followers_of(tx, thread).await?;
    let reminded: Vec<_> = followers
        .0
        .iter()
        .filter(|member| member.reminded)
        .map(|member| member.staff)
        .collect();
    let cursors = staff_cursors(tx, thread, &reminded).await?;
    let unseen: HashMap<_, _> = oldest_unseen(tx, thread, &reminded, &cursors)
        .await?
        .into_iter()
        .filter(|(staff, _)| {
            cursors
                .get(staff)
                .is_none_or(|cursor| cursor.reminded_seq <= cursor.seq)
        })
        .collect();
    let patience = patience(tx, row).await?;
    let (old, young): (Vec<_>, Vec<_>) = unseen
        .into_iter()
        .partition(|(_, since)| *since + patience <= now);
    if let Some(next) = young.iter().map(|(_, since)| *since + patience).min() {
        store_next_reminder(core, tx, row, now, next).await?;
    }
    let staff: Vec<_> = old.into_iter().map(|(staff, _)| staff).collect();
    mark_reminded(tx, thread, &staff).await
}

/// How long a message may stay unread. One statement.
async fn patience(tx: &DatabaseTransaction, row: &notification::Model) -> Result<TimeDelta, Fault> {
    let organization = organization::Entity::find_by_id(row.organization_id)
        .one(tx)
        .await?
        .ok_or(Fault::Corrupt("organization row"))?;
    let settings = Settings::from_stored(organization.settings)?;
    Ok(TimeDelta::minutes(settings.unread_reminder_minutes.into()))
}

/// One statement.
async fn store_next_reminder(
    core: &Core,
    tx: &DatabaseTransaction,
    row: &notification::Model,
    now: DateTime<Utc>,
    due_at: DateTime<Utc>,
) -> Result<(), Fault> {
    let thread = Thread::of(row)?;
    tx.execute_raw(sql(
        tx,
        "insert into notification (organization_id, id, purpose, patient_id, conversation_id, seq, coalesce_key, status, due_at, \
         attempts, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10) \
         on conflict (organization_id, coalesce_key) do update set due_at = excluded.due_at \
         where notification.due_at > excluded.due_at",
        [
            thread.organization.into(),
            NotificationId(core.entropy.uuid(now)).into(),
            row.purpose.into(),
            thread.patient.into(),
            thread.conversation.into(),
            row.seq.into(),
            reminder_key(thread.conversation).into(),
            NotificationStatus::Pending.into(),
            due_at.into(),
            now.into(),
        ],
    ))
    .await?;
    Ok(())
}

/// Remembers that these staff members were reminded of all that is there now; gives those who had not been since they
/// read last, so that two workers never remind twice. One statement.
async fn mark_reminded(
    tx: &DatabaseTransaction,
    thread: Thread,
    staff: &[StaffId],
) -> Result<Vec<StaffId>, Fault> {
    if staff.is_empty() {
        return Ok(Vec::new());
    }
    let mut upsert = Sql::new(
        "insert into read_cursor (organization_id, conversation_id, person_kind, person_id, seq, visible_seq, own_total, own_seen, \
         reminded_seq) select c.organization_id, c.id, 'STAFF', v.column1, 0, 0, 0, 0, c.seq from conversation c, (values ",
    );
    upsert
        .rows(staff.iter().map(|id| -> [Value; 1] { [(*id).into()] }))
        .push(") as v where c.organization_id = ")
        .bind(thread.organization)
        .push(" and c.id = ")
        .bind(thread.conversation)
        .push(
            " on conflict (organization_id, conversation_id, person_kind, person_id) do update set reminded_seq = excluded.reminded_seq \
             where read_cursor.reminded_seq <= read_cursor.seq and read_cursor.seq < excluded.reminded_seq returning person_id",
        );
    let rows = tx.query_all_raw(upsert.on(tx)).await?;
    rows.iter()
        .map(|row| Ok(row.try_get("", "person_id")?))
        .collect()
}

/// One notification for each staff member, by their channel. While one waits, another of the same kind for the same
/// conversation adds none. Two statements.
async fn store_addressed(
    core: &Core,
    tx: &DatabaseTransaction,
    row: &notification::Model,
    now: DateTime<Utc>,
    told: &[StaffId],
) -> Result<(), Fault> {
    if told.is_empty() {
        return Ok(());
    }
    let thread = Thread::of(row)?;
    let told: HashSet<_> = told.iter().copied().collect();
    let staff: Vec<_> = told.into_iter().collect();
    let mut insert = Sql::new(
        "insert into notification (organization_id, id, purpose, recipient_kind, recipient_id, channel, patient_id, conversation_id, \
         seq, coalesce_key, status, due_at, attempts, created_at) values ",
    );
    let members = staff_members(tx, thread.organization, &staff).await?;
    insert.rows(members.iter().map(|member| -> [Value; 14] {
        let channel: Channel = staff_channel(member);
        let key = format!(
            "{} {} {}",
            row.purpose.word(),
            thread.conversation.0.simple(),
            member.id.0.simple()
        );
        [
            thread.organization.into(),
            NotificationId(core.entropy.uuid(now)).into(),
            row.purpose.into(),
            PersonKind::Staff.into(),
            member.id.0.into(),
            channel.into(),
            thread.patient.into(),
            thread.conversation.into(),
            row.seq.into(),
            key.into(),
            NotificationStatus::Pending.into(),
            now.into(),
            0.into(),
            now.into(),
        ]
    }));
    insert.push(" on conflict (organization_id, coalesce_key) do nothing");
    tx.execute_raw(insert.on(tx)).await?;
    Ok(())
}
