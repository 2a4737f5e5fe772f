//! Counting attempts, so that guessing is too slow to succeed, and nobody's account is closed by a stranger's guesses.
//!
//! Each attempt at an account is counted three times: for its source, for the source at this account, and for the account.
//! The first two are strict, the first only where the account does not know the source. The third is soft: a stranger can use it up, so it then slows sources down that the account has
//! not been signed in to from, and never concerns the others ([ADR 7](../../../docs/adr/0007-guesses-lock-nobody-out.md)).
//!
//! Counters stand in the database: they hold for all nodes together, and for the thousandth alias of one request as for
//! the first. An attempt is counted before it is checked, so guesses that come at once cannot slip through; one that
//! turns out right is given back, so that only failures add up. Keys are hashes, made alike for accounts that exist and
//! for those that do not.

mod counter;
mod familiar;

use chrono::{DateTime, Utc};
use entity::PersonId;
use sea_orm::ConnectionTrait;

use super::{core::Core, fault::Fault, source::Source};
use counter::Counter;

/// The attempts of this kind are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts")]
pub struct TooMany {
    /// From then on there are new ones.
    pub retry_at: DateTime<Utc>,
}

/// What is asked of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// To be let in, by a password or a code.
    SignIn,
    /// To have a code or link sent.
    Send,
}

/// Somebody at the door of an account, whether or not it exists.
#[derive(Clone, Copy)]
pub(crate) struct Knock<'a> {
    pub(crate) door: Door,
    pub(crate) organization: &'a str,
    pub(crate) contact: &'a str,
    pub(crate) source: Source,
}

impl Knock<'_> {
    /// Counts an attempt; the inner result tells whether it may go on. The source comes first, so that one whose attempts
    /// are used up cannot use up others'; where it is familiar to the account it goes on under the strict limit of the two
    /// together, because one stranger in a network must not lock out everybody else there. Three statements; at most six
    /// when attempts are used up.
    ///
    /// # Errors
    /// Any failure of the database.
    pub(crate) async fn count(
        &self,
        core: &Core,
        connection: &impl ConnectionTrait,
    ) -> Result<Result<(), TooMany>, Fault> {
        if let Err(too_many) = Counter::Source(*self).count(core, connection).await?
            && !familiar::is(core, connection, self).await?
        {
            return Ok(Err(too_many));
        }
        if let Err(too_many) = Counter::SourceAtAccount(*self)
            .count(core, connection)
            .await?
        {
            return Ok(Err(too_many));
        }
        if Counter::Account(*self)
            .count(core, connection)
            .await?
            .is_ok()
            || familiar::is(core, connection, self).await?
        {
            return Ok(Ok(()));
        }
        Counter::AccountSlowly(*self).count(core, connection).await
    }

    /// Whether somebody has signed in to the account from this source lately. One statement.
    ///
    /// # Errors
    /// Any failure of the database.
    pub(crate) async fn is_familiar(&self, core: &Core) -> Result<bool, Fault> {
        familiar::is(core, core.store.reader(), self).await
    }

    /// Gives an attempt back that turned out right, and remembers its source. Four statements.
    ///
    /// # Errors
    /// Any failure of the database.
    pub(crate) async fn was_right(&self, core: &Core) -> Result<(), Fault> {
        familiar::remember(core, self).await?;
        for counter in [
            Counter::Source(*self),
            Counter::SourceAtAccount(*self),
            Counter::Account(*self),
        ] {
            counter.give_back(core).await?;
        }
        Ok(())
    }
}

/// Counts that a person who is signed in gives their password once more. One statement.
///
/// # Errors
/// Any failure of the database.
pub(crate) async fn count_confirmation(
    core: &Core,
    person: PersonId,
) -> Result<Result<(), TooMany>, Fault> {
    Counter::Confirmation(person)
        .count(core, core.store.writer())
        .await
}

/// Gives a confirmation back that turned out right. One statement.
///
/// # Errors
/// Any failure of the database.
pub(crate) async fn give_back_confirmation(core: &Core, person: PersonId) -> Result<(), Fault> {
    Counter::Confirmation(person).give_back(core).await
}

/// Removes counters whose windows are over and sources that were not seen for long, a bounded number at a time; tells how
/// many. Two statements.
///
/// # Errors
/// Any failure of the database.
pub async fn sweep(core: &Core) -> Result<u64, Fault> {
    Ok(counter::sweep(core).await? + familiar::sweep(core).await?)
}
