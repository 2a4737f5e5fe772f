//! Counters in fixed windows.

use chrono::{DateTime, TimeDelta};
use entity::PersonId;
use sea_orm::ConnectionTrait;

use super::{Door, Knock, TooMany};
use crate::domain::{core::Core, fault::Fault, secret::KeyPurpose, store::sql};

/// The longest window of all counters.
const LONGEST_WINDOW: TimeDelta = TimeDelta::hours(1);

/// The most counters that one sweep removes.
const SWEEP_BATCH: i64 = 5_000;

/// What is counted.
#[derive(Clone, Copy)]
pub(super) enum Counter<'a> {
    /// All of one kind from one source: 100 in 15 minutes.
    Source(Knock<'a>),
    /// From one source at one account: 10 in 15 minutes to sign in, 5 in an hour to have something sent.
    SourceAtAccount(Knock<'a>),
    /// At one account, from wherever: 30 in 15 minutes to sign in, 15 in an hour to have something sent.
    Account(Knock<'a>),
    /// At an account whose attempts are used up, from sources that it does not know: one in 30 seconds to sign in, one in
    /// five minutes to have something sent.
    AccountSlowly(Knock<'a>),
    /// Giving the current password once more: 10 in 15 minutes.
    Confirmation(PersonId),
}

struct Limit {
    attempts: i32,
    window: TimeDelta,
}

impl Counter<'_> {
    const fn limit(&self) -> Limit {
        let (attempts, window) = match self {
            Self::Source(_) => (100, TimeDelta::minutes(15)),
            Self::SourceAtAccount(knock) => match knock.door {
                Door::SignIn => (10, TimeDelta::minutes(15)),
                Door::Send => (5, LONGEST_WINDOW),
            },
            Self::Account(knock) => match knock.door {
                Door::SignIn => (30, TimeDelta::minutes(15)),
                Door::Send => (15, LONGEST_WINDOW),
            },
            Self::AccountSlowly(knock) => match knock.door {
                Door::SignIn => (1, TimeDelta::seconds(30)),
                Door::Send => (1, TimeDelta::minutes(5)),
            },
            Self::Confirmation(_) => (10, TimeDelta::minutes(15)),
        };
        Limit { attempts, window }
    }

    fn key(&self, core: &Core) -> Vec<u8> {
        let text = match self {
            Self::Source(knock) => format!("source\0{}\0{}", door(knock), knock.source),
            Self::SourceAtAccount(knock) => {
                format!("{}\0{}", account(knock), knock.source)
            }
            Self::Account(knock) => account(knock),
            Self::AccountSlowly(knock) => format!("slowly\0{}", account(knock)),
            Self::Confirmation(person) => format!("confirm\0{}", person.uuid()),
        };
        core.secret
            .mac(KeyPurpose::Throttle, text.as_bytes())
            .to_vec()
    }

    /// Counts an attempt. The inner result tells whether it is still within the limit. One statement.
    pub(super) async fn count(
        &self,
        core: &Core,
        connection: &impl ConnectionTrait,
    ) -> Result<Result<(), TooMany>, Fault> {
        let limit = self.limit();
        let now = core.clock.now().timestamp();
        let over = now - limit.window.num_seconds();
        let row = connection
            .query_one_raw(sql(
                connection,
                "insert into throttle (key, window_start, attempts) values ($1, $2, 1) on conflict (key) do update set \
                 attempts = case when throttle.window_start > $3 then throttle.attempts + 1 else 1 end, \
                 window_start = case when throttle.window_start > $3 then throttle.window_start else excluded.window_start end \
                 returning attempts, window_start",
                [self.key(core).into(), now.into(), over.into()],
            ))
            .await?
            .ok_or(Fault::Corrupt("throttle row"))?;
        if row.try_get::<i32>("", "attempts")? <= limit.attempts {
            return Ok(Ok(()));
        }
        let began: i64 = row.try_get("", "window_start")?;
        let retry_at = DateTime::from_timestamp(began, 0)
            .ok_or(Fault::Corrupt("throttle window"))?
            + limit.window;
        Ok(Err(TooMany { retry_at }))
    }

    /// Gives an attempt back. One statement.
    pub(super) async fn give_back(&self, core: &Core) -> Result<(), Fault> {
        let connection = core.store.writer();
        connection
            .execute_raw(sql(
                connection,
                "update throttle set attempts = attempts - 1 where key = $1 and attempts > 0",
                [self.key(core).into()],
            ))
            .await?;
        Ok(())
    }
}

/// Removes counters whose windows are over. One statement.
pub(super) async fn sweep(core: &Core) -> Result<u64, Fault> {
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

const fn door(knock: &Knock<'_>) -> &'static str {
    match knock.door {
        Door::SignIn => "sign in",
        Door::Send => "send",
    }
}

fn account(knock: &Knock<'_>) -> String {
    let door = door(knock);
    format!("{door}\0{}\0{}", knock.organization, knock.contact)
}
