//! Letting messages leave: in small transactions, each of which moves the reminder's counters too.
//!
//! A transaction holds the reminder's row. Another node passes by it, a cancellation waits, and when the process is killed
//! the lock goes with its connection: there is no lease that would have to run out. What was decided when the reminder was
//! sent is decided again here, and what leaves is the text that is approved now.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::{
    Channel, EventKind, MessageId, OrganizationId, PatientId, PersonId, RecipientStatus,
    ReminderId, ReminderStatus, SkipReason, reminder,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, FromQueryResult as _, Value};

use super::{
    daily,
    history::{self, Sending},
    send::count,
};
use crate::domain::{
    conversations::announcements,
    core::Core,
    event_log::{Change, NewEvent},
    fault::Fault,
    local_time::day_in_zone,
    messages::{Bundle, Draft},
    policy::{CanRemind, Denied, decide_reminders},
    settings::Settings,
    store::{Sql, sql},
    templates::{self, Filled},
};

/// How many messages leave in one transaction.
const AT_ONCE: i64 = 100;
/// How many reminders are looked at, in case other nodes are at work on the first.
const LOOKED_AT: i64 = 8;
/// How long a reminder rests after a failure, so that the others have their turn.
const REST: TimeDelta = TimeDelta::seconds(30);

/// What becomes of one patient's message.
struct Settled {
    patient: PatientId,
    outcome: Result<Left, SkipReason>,
}

struct Left {
    message: MessageId,
    language: String,
    version: i32,
    channel: Channel,
    day: NaiveDate,
}

/// Lets the next messages leave that are due, of one reminder; tells how many patients it was about, none when nothing was
/// due or other nodes have it. One statement when nothing is due; at most 23 for up to a hundred messages.
///
/// # Errors
/// Any failure of the database; nothing has left then, and the reminder rests for a while.
pub async fn leave(core: &Core) -> Result<usize, Fault> {
    for (organization, id) in due(core).await? {
        match leave_of(core, organization, id).await {
            Ok(0) => {}
            Ok(count) => return Ok(count),
            Err(fault) => {
                rest(core, organization, id).await?;
                return Err(fault);
            }
        }
    }
    Ok(0)
}

/// The reminders that are due, the one that waits longest first.
async fn due(core: &Core) -> Result<Vec<(OrganizationId, ReminderId)>, Fault> {
    let reader = core.store.reader();
    let rows = reader
        .query_all_raw(sql(
            reader,
            "select organization_id, id from reminder where due_at <= $1 order by due_at limit $2",
            [core.clock.now().into(), LOOKED_AT.into()],
        ))
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "organization_id")?, row.try_get("", "id")?)))
        .collect()
}

async fn rest(core: &Core, organization: OrganizationId, id: ReminderId) -> Result<(), Fault> {
    let writer = core.store.writer();
    let next = core.clock.now() + REST;
    writer
        .execute_raw(sql(
            writer,
            "update reminder set due_at = $3 where organization_id = $1 and id = $2 and due_at is not null",
            [organization.into(), id.into(), next.into()],
        ))
        .await?;
    Ok(())
}

async fn leave_of(
    core: &Core,
    organization: OrganizationId,
    id: ReminderId,
) -> Result<usize, Fault> {
    let mut change = Change::begin(core, organization).await?;
    let (tx, now) = (change.tx(), change.now);
    let Some(mut reminder) = take(tx, organization, id, now).await? else {
        return Ok(0);
    };
    let waiting = waiting(tx, &reminder, now).await?;
    let (settings, mut decisions) =
        decide_reminders(tx, organization, reminder.created_by, &waiting).await?;
    let fills = fill(tx, &reminder, &settings, &waiting, &mut decisions, now).await?;
    let mut bundle = Bundle::default();
    let settled = gather(core, tx, &reminder, now, fills, &mut bundle).await?;
    store_outcomes(tx, &reminder, now, &settled).await?;
    move_on(tx, &mut reminder, now, &settled).await?;
    bundle.store(core, tx, organization, now, &settings).await?;
    change.record(NewEvent {
        reminder: Some(reminder.id),
        ..NewEvent::new(EventKind::ReminderProgressed)
    });
    change.commit().await?;
    Ok(settled.len().max(1))
}

/// Takes the reminder's lock, unless another node has it or it is not due any more.
async fn take(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    id: ReminderId,
    now: DateTime<Utc>,
) -> Result<Option<reminder::Model>, Fault> {
    let mut select = Sql::new("select r.* from reminder r where r.organization_id = ");
    select
        .bind(organization)
        .push(" and r.id = ")
        .bind(id)
        .push(" and r.due_at <= ")
        .bind(now);
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for update skip locked");
    }
    let row = tx.query_one_raw(select.on(tx)).await?;
    Ok(row
        .map(|row| reminder::Model::from_query_result(&row, ""))
        .transpose()?)
}

/// The patients whose messages are due.
async fn waiting(
    tx: &DatabaseTransaction,
    reminder: &reminder::Model,
    now: DateTime<Utc>,
) -> Result<Vec<PatientId>, Fault> {
    let rows = tx
        .query_all_raw(sql(
            tx,
            "select patient_id from reminder_recipient where organization_id = $1 and reminder_id = $2 and status = $3 \
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
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}

type Fill = Result<(CanRemind, Filled, NaiveDate), SkipReason>;

/// What each patient gets as everything stands now, or why they get nothing.
async fn fill(
    tx: &DatabaseTransaction,
    reminder: &reminder::Model,
    settings: &Settings,
    waiting: &[PatientId],
    decisions: &mut BTreeMap<PatientId, Result<CanRemind, crate::domain::policy::PostRefused>>,
    now: DateTime<Utc>,
) -> Result<Vec<(PatientId, Fill)>, Fault> {
    let (organization, sender) = (reminder.organization_id, reminder.created_by);
    let prepared = templates::prepare(tx, organization, reminder.template_id, sender)
        .await
        .map_err(|denied| match denied {
            Denied::Fault(fault) => fault,
            Denied::NotFound
            | Denied::Role(_)
            | Denied::PortalChatOff
            | Denied::NotEnrolled
            | Denied::PortalDisabled
            | Denied::PortalAccessMissing => Fault::Corrupt("template of a reminder"),
        })?;
    let had = match settings.reminders_per_patient_and_day {
        Some(_) => daily::newest(tx, organization, waiting).await?,
        None => HashMap::new(),
    };
    let expired = reminder.expires_at.is_some_and(|expires| expires <= now);
    let mut fills = Vec::with_capacity(waiting.len());
    for id in waiting {
        let decision = match decisions.remove(id) {
            _ if expired => Err(SkipReason::Expired),
            Some(Ok(can_remind)) => Ok(can_remind),
            Some(Err(refused)) => Err(refused.into()),
            None => Err(SkipReason::SenderNotAllowed),
        };
        let fill = match decision {
            Err(reason) => Err(reason),
            Ok(can_remind) => {
                let patient = can_remind.patient();
                let day = day_in_zone(now, &patient.time_zone)?;
                if daily::is_full(settings, had.get(id).copied(), day) {
                    Err(SkipReason::LimitReached)
                } else {
                    let filled = prepared.fill(patient).map_err(SkipReason::from);
                    filled.map(|filled| (can_remind, filled, day))
                }
            }
        };
        fills.push((*id, fill));
    }
    Ok(fills)
}

/// Puts what leaves into the bundle, each into its patient's announcements.
async fn gather(
    core: &Core,
    tx: &DatabaseTransaction,
    reminder: &reminder::Model,
    now: DateTime<Utc>,
    fills: Vec<(PatientId, Fill)>,
    bundle: &mut Bundle,
) -> Result<Vec<Settled>, Fault> {
    let organization = reminder.organization_id;
    let reached: Vec<_> = fills
        .iter()
        .filter(|(_, fill)| fill.is_ok())
        .map(|(patient, _)| *patient)
        .collect();
    let mut conversations = announcements(core, tx, organization, now, &reached).await?;
    let key = format!("reminder {}", reminder.id.0.simple());
    let mut settled = Vec::with_capacity(fills.len());
    for (patient, fill) in fills {
        let outcome = match fill {
            Err(reason) => Err(reason),
            Ok((can_remind, filled, day)) => {
                let conversation = conversations
                    .remove(&patient)
                    .ok_or(Fault::Corrupt("announcements"))?;
                let (language, version) = (filled.language.clone(), filled.version);
                let template = reminder.template_id;
                let draft = Draft::from_template(conversation.id, template, filled, key.clone());
                let author = PersonId::Staff(reminder.created_by);
                let channel = can_remind.channel();
                let can_post = can_remind.within(conversation)?;
                let message = bundle
                    .add(core, now, (author, draft), &can_post)
                    .ok_or(Fault::Corrupt("bundle"))?;
                Ok(Left {
                    message,
                    language,
                    version,
                    channel,
                    day,
                })
            }
        };
        settled.push(Settled { patient, outcome });
    }
    Ok(settled)
}

/// Stores what became of each, and counts what left.
async fn store_outcomes(
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
        .bind(reminder.id);
    tx.execute_raw(update.on(tx)).await?;
    let left: Vec<_> = settled
        .iter()
        .filter_map(|settled| Some((settled.patient, settled.outcome.as_ref().ok()?.day)))
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    let sending = Sending {
        organization,
        template: reminder.template_id,
        by: reminder.created_by,
        at: now,
    };
    history::count(tx, sending, left.iter().map(|(patient, _)| *patient)).await?;
    daily::count(tx, organization, &left).await
}

/// Moves the reminder's counters, and finds when the next message is due.
async fn move_on(
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
    reminder.status = match (next, reminder.sent) {
        (None, _) => ReminderStatus::Done,
        (Some(_), 0) => ReminderStatus::Queued,
        (Some(_), _) => ReminderStatus::Running,
    };
    tx.execute_raw(sql(
        tx,
        "update reminder set status = $3, due_at = $4, sent = $5, skipped = $6 where organization_id = $1 and id = $2",
        [
            organization.into(),
            id.into(),
            reminder.status.into(),
            reminder.due_at.into(),
            reminder.sent.into(),
            reminder.skipped.into(),
        ],
    ))
    .await?;
    Ok(())
}
