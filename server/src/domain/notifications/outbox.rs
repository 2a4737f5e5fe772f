//! Taking notifications out of the outbox: claims with a lease, and how each claim ends.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{Channel, NotificationStatus, notification};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult as _};
use uuid::Uuid;

use super::schedule;
use crate::domain::{
    core::Core,
    fault::Fault,
    store::{Sql, sql},
};

/// How long a worker keeps what it has claimed. After that another worker takes it: the first one is gone.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// The most rows that one statement of a sweep removes.
const SWEEP_LIMIT: i64 = 1000;

/// A part of the outbox that is worked through on its own, so that a broken mail server delays no text message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Not addressed yet: whom to tell, and how.
    Addressing,
    /// E-mails.
    Email,
    /// Text messages.
    Sms,
}

impl Lane {
    /// All lanes; what is addressed in the first comes out in the others.
    pub const ALL: [Self; 3] = [Self::Addressing, Self::Email, Self::Sms];

    const fn condition(self) -> &'static str {
        match self {
            Self::Addressing => "n.channel is null",
            Self::Email => "n.channel = 'EMAIL'",
            Self::Sms => "n.channel = 'SMS'",
        }
    }
}

/// A notification that a worker has for the time of its lease. It can be settled once.
#[derive(Debug)]
pub struct Claimed {
    /// The row, as it was claimed.
    pub row: notification::Model,
    worker: Uuid,
}

/// How the handling of a notification ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The mail server or gateway took it.
    Sent,
    /// It was not needed any more.
    Skipped(Skip),
    /// It may succeed later; the class of the failure, without personal data.
    Failed(String),
    /// It will never succeed; the class of the failure, without personal data.
    Undeliverable(String),
}

/// Why a notification was not needed any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// The recipient has read the message meanwhile.
    Read,
    /// The recipient has switched this kind of notification off.
    SwitchedOff,
    /// The recipient left the panel, was deactivated or restricted, or takes no part in the portal any more.
    OutOfReach,
    /// What it was about is used or out of date.
    Expired,
}

/// Where a notification stands after it was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Settled {
    /// It was sent.
    Sent,
    /// It was told on to each person whom it concerns.
    Addressed,
    /// It was not needed.
    Skipped,
    /// It is tried again.
    Retried,
    /// It failed for good.
    Dead,
    /// The lease had ended, and another worker has it.
    Lost,
}

/// The class of a failure that outlasts its attempts without ever being told, because workers died over it.
const ATTEMPTS_EXHAUSTED: &str = "attempts.exhausted";

/// Claims up to `limit` notifications of a lane that are due. From the claim on, a new message of the same conversation
/// makes a new notification, so none is missed. One statement; two when something is due.
///
/// # Errors
/// Any failure of the database.
pub async fn claim(
    core: &Core,
    worker: Uuid,
    lane: Lane,
    limit: u32,
) -> Result<Vec<Claimed>, Fault> {
    let now = core.clock.now();
    let reader = core.store.reader();
    // An idle look around must not take the write lock.
    if reader
        .query_one_raw(due(lane, now, 1).on(reader))
        .await?
        .is_none()
    {
        return Ok(Vec::new());
    }
    let writer = core.store.writer();
    let mut update = Sql::new("with due as materialized (");
    push_due(&mut update, lane, now, limit.into());
    if writer.get_database_backend() == DbBackend::Postgres {
        update.push(" for update skip locked");
    }
    update
        .push(
            ") update notification set attempts = attempts + 1, coalesce_key = null, leased_by = ",
        )
        .bind(worker)
        .push(", leased_until = ")
        .bind(now + LEASE)
        .push(" where (organization_id, id) in (select organization_id, id from due) returning *");
    let rows = writer.query_all_raw(update.on(writer)).await?;
    rows.iter()
        .map(|row| {
            Ok(Claimed {
                row: notification::Model::from_query_result(row, "")?,
                worker,
            })
        })
        .collect()
}

fn due(lane: Lane, now: DateTime<Utc>, limit: i64) -> Sql {
    let mut select = Sql::default();
    push_due(&mut select, lane, now, limit);
    select
}

fn push_due(sql: &mut Sql, lane: Lane, now: DateTime<Utc>, limit: i64) {
    let now = sql.placeholder(now);
    sql.push("select n.organization_id, n.id from notification n where n.status = 'PENDING' and ")
        .push(lane.condition())
        .push(" and n.due_at <= ")
        .push(&now)
        .push(" and (n.leased_until is null or n.leased_until <= ")
        .push(&now)
        .push(") order by n.due_at limit ")
        .bind(limit);
}

impl Claimed {
    /// Whether workers have claimed it more often than it may be tried: each of them died over it.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.row.attempts > schedule::ATTEMPTS
    }

    /// How a claim that [`is_exhausted`](Self::is_exhausted) ends.
    #[must_use]
    pub fn exhausted() -> Outcome {
        Outcome::Undeliverable(ATTEMPTS_EXHAUSTED.to_owned())
    }

    /// Writes down how it ended. A failure is tried again by the schedule, and ends in the dead letters after the last
    /// attempt. One statement.
    ///
    /// # Errors
    /// Any failure of the database; the lease then ends by itself, and the notification is claimed again.
    pub async fn settle(self, core: &Core, outcome: Outcome) -> Result<Settled, Fault> {
        let (status, error, settled) = match outcome {
            Outcome::Sent => (NotificationStatus::Sent, None, Settled::Sent),
            Outcome::Skipped(_) => (NotificationStatus::Skipped, None, Settled::Skipped),
            Outcome::Undeliverable(class) => (NotificationStatus::Dead, Some(class), Settled::Dead),
            Outcome::Failed(class) => {
                match schedule::wait_after(self.row.attempts, &core.entropy) {
                    Some(wait) => return self.retry(core, wait, class).await,
                    None => (NotificationStatus::Dead, Some(class), Settled::Dead),
                }
            }
        };
        let had = self
            .finish(core.store.writer(), core.clock.now(), status, error)
            .await?;
        Ok(if had { settled } else { Settled::Lost })
    }

    /// Ends the claim with a status; tells whether this worker still had it. One statement.
    pub(super) async fn finish(
        &self,
        connection: &impl ConnectionTrait,
        now: DateTime<Utc>,
        status: NotificationStatus,
        error: Option<String>,
    ) -> Result<bool, Fault> {
        let done = connection
            .execute_raw(sql(
                connection,
                "update notification set status = $4, settled_at = $5, last_error = $6, leased_until = null, leased_by = null \
                 where organization_id = $1 and id = $2 and leased_by = $3 and status = 'PENDING'",
                [
                    self.row.organization_id.into(),
                    self.row.id.into(),
                    self.worker.into(),
                    status.into(),
                    now.into(),
                    error.into(),
                ],
            ))
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Puts it into the lane of a channel, to be sent at once; tells whether this worker still had it. One statement.
    pub(super) async fn pass_on(&self, core: &Core, channel: Channel) -> Result<bool, Fault> {
        let connection = core.store.writer();
        let done = connection
            .execute_raw(sql(
                connection,
                "update notification set channel = $4, due_at = $5, attempts = 0, leased_until = null, leased_by = null \
                 where organization_id = $1 and id = $2 and leased_by = $3 and status = 'PENDING'",
                [
                    self.row.organization_id.into(),
                    self.row.id.into(),
                    self.worker.into(),
                    channel.into(),
                    core.clock.now().into(),
                ],
            ))
            .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn retry(self, core: &Core, wait: TimeDelta, class: String) -> Result<Settled, Fault> {
        let connection = core.store.writer();
        let done = connection
            .execute_raw(sql(
                connection,
                "update notification set due_at = $4, last_error = $5, leased_until = null, leased_by = null \
                 where organization_id = $1 and id = $2 and leased_by = $3 and status = 'PENDING'",
                [
                    self.row.organization_id.into(),
                    self.row.id.into(),
                    self.worker.into(),
                    (core.clock.now() + wait).into(),
                    class.into(),
                ],
            ))
            .await?;
        Ok(if done.rows_affected() > 0 {
            Settled::Retried
        } else {
            Settled::Lost
        })
    }
}

/// Removes notifications that were sent or skipped before `before`; dead letters stay. Gives the number removed: at most
/// 1,000 of each status and lane. Six statements.
///
/// # Errors
/// Any failure of the database.
pub async fn sweep(core: &Core, before: DateTime<Utc>) -> Result<u64, Fault> {
    let connection = core.store.writer();
    let mut gone = 0;
    for status in [NotificationStatus::Sent, NotificationStatus::Skipped] {
        for lane in Lane::ALL {
            let mut delete = Sql::new(
                "delete from notification where (organization_id, id) in \
                 (select n.organization_id, n.id from notification n where n.status = ",
            );
            delete
                .bind(status)
                .push(" and ")
                .push(lane.condition())
                .push(" and n.due_at < ")
                .bind(before)
                .push(" and n.settled_at < ")
                .bind(before)
                .push(" order by n.due_at limit ")
                .bind(SWEEP_LIMIT)
                .push(")");
            gone += connection
                .execute_raw(delete.on(connection))
                .await?
                .rows_affected();
        }
    }
    Ok(gone)
}
