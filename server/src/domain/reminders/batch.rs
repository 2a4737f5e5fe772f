//! Whom one transaction is about, and what becomes of them when it fails.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{OrganizationId, PatientId, RecipientStatus, ReminderId, SkipReason, reminder};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction};

use super::{
    leave::take,
    settle::{Settled, move_on, store_outcomes},
    told,
};
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    store::{Sql, sql},
};

/// How many messages leave in one transaction.
const AT_ONCE: i64 = 100;
/// How often a message is tried whose failures do not pass by themselves.
const TRIES: i32 = 5;
/// How long a patient's message waits after a failure; twice as long after each one more.
const WAIT: TimeDelta = TimeDelta::seconds(30);

/// Patients whose messages leave together. After a failure each is alone.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) patients: Vec<PatientId>,
    /// How often they have failed.
    attempts: i32,
}

impl Batch {
    /// The patients whose messages are due. One statement.
    pub(super) async fn due(
        tx: &DatabaseTransaction,
        reminder: &reminder::Model,
        now: DateTime<Utc>,
    ) -> Result<Self, Fault> {
        let rows = tx
            .query_all_raw(sql(
                tx,
                "select patient_id, attempts from reminder_recipient where organization_id = $1 and reminder_id = $2 and status = $3 \
                 and due_at <= $4 order by due_at, patient_id limit $5",
                [
                    reminder.organization_id.into(),
                    reminder.id.into(),
                    RecipientStatus::Waiting.into(),
                    now.into(),
                    AT_ONCE.into(),
                ],
            ))
            .await?;
        let mut batch = Self::default();
        for row in &rows {
            let attempts: i32 = row.try_get("", "attempts")?;
            if !batch.patients.is_empty() && attempts > 0 {
                break;
            }
            batch.patients.push(row.try_get("", "patient_id")?);
            batch.attempts = attempts;
            if attempts > 0 {
                break;
            }
        }
        // Two reminders to the same patients take the locks of what is theirs in the same order.
        batch.patients.sort_unstable();
        Ok(batch)
    }

    /// Whom of them it is about still, now that the reminder's lock is held: between the failure and now another node may have
    /// let their messages leave, or failed with them itself. One statement.
    async fn still_waiting(
        &self,
        tx: &DatabaseTransaction,
        reminder: &reminder::Model,
    ) -> Result<Vec<PatientId>, Fault> {
        let mut select =
            Sql::new("select patient_id from reminder_recipient where organization_id = ");
        select
            .bind(reminder.organization_id)
            .push(" and reminder_id = ")
            .bind(reminder.id)
            .push(" and status = ")
            .bind(RecipientStatus::Waiting)
            .push(" and attempts = ")
            .bind(self.attempts)
            .push(" and patient_id in ")
            .list(self.patients.iter().copied());
        let rows = tx.query_all_raw(select.on(tx)).await?;
        Ok(rows
            .iter()
            .map(|row| row.try_get_by_index(0))
            .collect::<Result<_, _>>()?)
    }
}

/// Puts off what has failed, or ends it after the last try; the reminder goes on with the others. At most nine statements,
/// and five more when it ends.
pub(super) async fn put_off(
    core: &Core,
    (organization, id): (OrganizationId, ReminderId),
    batch: &Batch,
) -> Result<(), Fault> {
    if batch.patients.is_empty() {
        return Ok(());
    }
    let mut change = Change::begin(core, organization).await?;
    let (tx, now) = (change.tx(), change.now);
    // It rests since it failed.
    let Some(mut reminder) = take(tx, organization, id, now + TimeDelta::days(1)).await? else {
        return Ok(());
    };
    let patients = batch.still_waiting(tx, &reminder).await?;
    if patients.is_empty() {
        return Ok(());
    }
    let tried = batch.attempts + 1;
    let mut settled = Vec::new();
    if tried >= TRIES {
        settled.extend(patients.iter().map(|patient| Settled {
            patient: *patient,
            outcome: Err(SkipReason::ServerFailed),
        }));
    } else {
        let wait = WAIT * 2_i32.pow(batch.attempts.clamp(0, TRIES).unsigned_abs());
        let mut update = Sql::new("update reminder_recipient set attempts = ");
        update
            .bind(tried)
            .push(", due_at = ")
            .bind(now + wait)
            .push(" where organization_id = ")
            .bind(organization)
            .push(" and reminder_id = ")
            .bind(id)
            .push(" and patient_id in ")
            .list(patients.iter().copied());
        tx.execute_raw(update.on(tx)).await?;
    }
    store_outcomes(tx, &reminder, now, &settled).await?;
    move_on(tx, &mut reminder, now, &settled).await?;
    if !settled.is_empty() {
        let event = told::progress(core, tx, &reminder, now).await?;
        change.record(event);
    }
    change.commit().await?;
    Ok(())
}
