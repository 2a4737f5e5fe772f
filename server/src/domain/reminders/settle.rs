//! What became of each patient's message, and what the reminder's counters come to.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    Channel, MessageId, PatientId, RecipientStatus, ReminderStatus, SkipReason, reminder,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};

use super::{daily, send::count};
use crate::domain::{
    fault::Fault,
    store::{Sql, sql},
};

/// What becomes of one patient's message.
pub(super) struct Settled {
    pub(super) patient: PatientId,
    pub(super) outcome: Result<Left, SkipReason>,
}

/// A message that leaves.
pub(super) struct Left {
    pub(super) message: MessageId,
    pub(super) language: String,
    pub(super) version: i32,
    pub(super) channel: Channel,
    pub(super) day: NaiveDate,
}

/// Stores what became of each, and counts what left.
///
/// # Errors
/// Any failure of the database; and when one of them waits no more, so that nothing leaves twice.
pub(super) async fn store_outcomes(
    tx: &DatabaseTransaction,
    reminder: &reminder::Model,
    now: DateTime<Utc>,
    settled: &[Settled],
) -> Result<(), Fault> {
    if settled.is_empty() {
        return Ok(());
    }
    let organization = reminder.organization_id;
    let mut update = Sql::new("update reminder_recipient set settled_at = ");
    update.bind(now).push(
        ", status = v.column2, reason = v.column3, message_id = v.column4, \
         language = coalesce(v.column5, reminder_recipient.language), version = coalesce(v.column6, reminder_recipient.version), \
         channel = coalesce(v.column7, reminder_recipient.channel) from (values ",
    );
    update.rows(settled.iter().map(|settled| -> [Value; 7] {
        let left = settled.outcome.as_ref().ok();
        let status = match settled.outcome {
            Ok(_) => RecipientStatus::Sent,
            Err(SkipReason::ServerFailed) => RecipientStatus::Failed,
            Err(_) => RecipientStatus::Skipped,
        };
        [
            settled.patient.into(),
            status.into(),
            settled.outcome.as_ref().err().copied().into(),
            left.map(|left| left.message).into(),
            left.map(|left| left.language.clone()).into(),
            left.map(|left| left.version).into(),
            left.map(|left| left.channel).into(),
        ]
    }));
    update
        .push(") as v where reminder_recipient.patient_id = v.column1 and reminder_recipient.organization_id = ")
        .bind(organization)
        .push(" and reminder_recipient.reminder_id = ")
        .bind(reminder.id)
        .push(" and reminder_recipient.status = ")
        .bind(RecipientStatus::Waiting);
    let stored = tx.execute_raw(update.on(tx)).await?.rows_affected();
    if usize::try_from(stored) != Ok(settled.len()) {
        return Err(Fault::Corrupt("recipients who wait no more"));
    }
    let left: Vec<_> = settled
        .iter()
        .filter_map(|settled| Some((settled.patient, settled.outcome.as_ref().ok()?.day)))
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    daily::count(tx, organization, &left).await
}

/// Moves the reminder's counters, and finds when the next message is due. What it failed before as a whole counts no more.
pub(super) async fn move_on(
    tx: &DatabaseTransaction,
    reminder: &mut reminder::Model,
    now: DateTime<Utc>,
    settled: &[Settled],
) -> Result<(), Fault> {
    let sent = settled.iter().filter(|settled| settled.outcome.is_ok());
    let sent = count(sent.count())?;
    reminder.sent += sent;
    reminder.skipped += count(settled.len())? - sent;
    let (organization, id) = (reminder.organization_id, reminder.id);
    let next = tx
        .query_one_raw(sql(
            tx,
            "select due_at from reminder_recipient where organization_id = $1 and reminder_id = $2 and status = $3 \
             order by due_at limit 1",
            [
                organization.into(),
                id.into(),
                RecipientStatus::Waiting.into(),
            ],
        ))
        .await?
        .map(|row| row.try_get_by_index::<Option<DateTime<Utc>>>(0))
        .transpose()?
        .flatten();
    // What is due already goes behind what other reminders have waiting, so that a small one never waits for a big one.
    reminder.due_at = next.map(|next| next.max(now));
    reminder.attempts = 0;
    reminder.status = match (next, reminder.sent) {
        (None, _) => ReminderStatus::Done,
        (Some(_), 0) => ReminderStatus::Queued,
        (Some(_), _) => ReminderStatus::Running,
    };
    tx.execute_raw(sql(
        tx,
        "update reminder set status = $3, due_at = $4, sent = $5, skipped = $6, attempts = $7 where organization_id = $1 and id = $2",
        [
            organization.into(),
            id.into(),
            reminder.status.into(),
            reminder.due_at.into(),
            reminder.sent.into(),
            reminder.skipped.into(),
            reminder.attempts.into(),
        ],
    ))
    .await?;
    Ok(())
}
