//! Counting attempts, so that guessing is too slow to succeed.
//!
//! Counters stand in the database: they hold for all nodes together, and for the thousandth alias of one request as for
//! the first. An attempt is counted before it is checked, so guesses that come at once cannot slip through; one that
//! turns out right is given back, so that only failures add up. Keys are hashes, made alike for accounts that exist and
//! for those that do not.

use chrono::{DateTime, TimeDelta, Utc};
use entity::PersonId;
use sea_orm::ConnectionTrait;

use super::{core::Core, fault::Fault, secret::KeyPurpose, source::Source, store::sql};

/// The longest window of all counters.
const LONGEST_WINDOW: TimeDelta = TimeDelta::hours(1);

/// The most counters that one sweep removes.
const SWEEP_BATCH: i64 = 5_000;

/// What is counted.
#[derive(Clone, Copy)]
pub(crate) enum Attempt<'a> {
    /// Signing in or asking for a code, from one source: 100 in 15 minutes.
    FromSource(Source),
    /// Signing in to one account, whether or not it exists: 10 in 15 minutes.
    SignIn {
        organization: &'a str,
        contact: &'a str,
    },
    /// Asking for a code or a link to be sent to one contact, whether or not it exists: 5 in an hour.
    Send {
        organization: &'a str,
        contact: &'a str,
    },
    /// Giving the current password once more: 10 in 15 minutes.
    Confirm(PersonId),
}

/// The attempts of this kind are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts")]
pub struct TooMany {
    /// From then on there are new ones.
    pub retry_at: DateTime<Utc>,
}

struct Limit {
    attempts: i32,
    window: TimeDelta,
}

impl Attempt<'_> {
    const fn limit(&self) -> Limit {
        let (attempts, window) = match self {
            Self::FromSource(_) => (100, TimeDelta::minutes(15)),
            Self::SignIn { .. } | Self::Confirm(_) => (10, TimeDelta::minutes(15)),
            Self::Send { .. } => (5, LONGEST_WINDOW),
        };
        Limit { attempts, window }
    }

    fn key(&self, core: &Core) -> Vec<u8> {
        let text = match self {
            Self::FromSource(source) => format!("source\0{source}"),
            Self::SignIn {
                organization,
                contact,
            } => format!("sign in\0{organization}\0{contact}"),
            Self::Send {
                organization,
                contact,
            } => format!("send\0{organization}\0{contact}"),
            Self::Confirm(person) => format!("confirm\0{}", person.uuid()),
        };
        core.secret
            .mac(KeyPurpose::Throttle, text.as_bytes())
            .to_vec()
    }
}

/// Counts an attempt. The inner result tells whether it is still within the limit. One statement.
///
/// # Errors
/// Any failure of the database.
pub(crate) async fn count(
    core: &Core,
    connection: &impl ConnectionTrait,
    attempt: Attempt<'_>,
) -> Result<Result<(), TooMany>, Fault> {
    let limit = attempt.limit();
    let now = core.clock.now().timestamp();
    let over = now - limit.window.num_seconds();
    let row = connection
        .query_one_raw(sql(
            connection,
            "insert into throttle (key, window_start, attempts) values ($1, $2, 1) on conflict (key) do update set \
             attempts = case when throttle.window_start > $3 then throttle.attempts + 1 else 1 end, \
             window_start = case when throttle.window_start > $3 then throttle.window_start else excluded.window_start end \
             returning attempts, window_start",
            [attempt.key(core).into(), now.into(), over.into()],
        ))
        .await?
        .ok_or(Fault::Corrupt("throttle row"))?;
    if row.try_get::<i32>("", "attempts")? <= limit.attempts {
        return Ok(Ok(()));
    }
    let began: i64 = row.try_get("", "window_start")?;
    let retry_at =
        DateTime::from_timestamp(began, 0).ok_or(Fault::Corrupt("throttle window"))? + limit.window;
    Ok(Err(TooMany { retry_at }))
}

/// Gives an attempt back that turned out right. One statement.
///
/// # Errors
/// Any failure of the database.
pub(crate) async fn give_back(core: &Core, attempt: Attempt<'_>) -> Result<(), Fault> {
    let connection = core.store.writer();
    connection
        .execute_raw(sql(
            connection,
            "update throttle set attempts = attempts - 1 where key = $1 and attempts > 0",
            [attempt.key(core).into()],
        ))
        .await?;
    Ok(())
}

/// Removes counters whose windows are over, a bounded number at a time; tells how many. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn sweep(core: &Core) -> Result<u64, Fault> {
    let connection = core.store.writer();
    let over = (core.clock.now() - LONGEST_WINDOW).timestamp();
    let removed = connection
        .execute_raw(sql(
            connection,
            "delete from throttle where key in (select key from throttle where window_start <= $1 limit $2) and window_start <= $1",
            [over.into(), SWEEP_BATCH.into()],
        ))
        .await?;
    Ok(removed.rows_affected())
}
