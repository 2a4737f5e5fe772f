//! Taking notifications out of the outbox: claims with a lease.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{NotificationStatus, notification};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult as _};
use uuid::Uuid;

use super::schedule;
use crate::domain::{core::Core, fault::Fault, store::Sql};

/// How long a worker keeps what it has claimed. After that another worker takes it: the first one is gone.
pub const LEASE: TimeDelta = TimeDelta::minutes(5);
/// The most rows that one statement of a sweep removes.
const SWEEP_LIMIT: i64 = 1000;

/// A part of the outbox that is worked through on its own, so that a broken mail server delays no text message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Not addressed yet: whom to tell, and how.
    Addressing,
    /// What somebody waits for who wants to sign in, by e-mail: it passes whatever else waits.
    Access,
    /// All other e-mails.
    Email,
    /// Text messages.
    Sms,
}

impl Lane {
    /// All lanes; what is addressed in the first comes out in the others.
    pub const ALL: [Self; 4] = [Self::Addressing, Self::Access, Self::Email, Self::Sms];

    const fn condition(self) -> &'static str {
        match self {
            Self::Addressing => "n.channel is null",
            // The words of a partial index.
            Self::Access => {
                "n.channel = 'EMAIL' and n.purpose in ('SIGN_IN_CODE', 'PASSWORD_RESET')"
            }
            Self::Email => {
                "n.channel = 'EMAIL' and n.purpose not in ('SIGN_IN_CODE', 'PASSWORD_RESET')"
            }
            Self::Sms => "n.channel = 'SMS'",
        }
    }
}

/// A notification that a worker has for the time of its lease. It can be settled once.
#[derive(Debug)]
pub struct Claimed {
    /// The row, as it was claimed.
    pub row: notification::Model,
    pub(super) worker: Uuid,
}

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
