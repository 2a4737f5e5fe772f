//! How claims end.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::{Channel, NotificationId, NotificationPurpose, NotificationStatus, OrganizationId};
use sea_orm::{ConnectionTrait, Value};

use super::{outbox::Claimed, schedule};
use crate::domain::{core::Core, fault::Fault, store::Sql};

/// How the handling of a notification ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The mail server or gateway took it.
    Sent,
    /// It stood for several people, and each of them has a notification now.
    ToldOn,
    /// It is addressed, and goes out by this channel.
    PassedOn(Channel),
    /// It was not needed any more.
    Skipped(Skip),
    /// It may succeed later; the class of the failure, without personal data.
    Failed(String),
    /// It will never succeed; the class of the failure, without personal data.
    Undeliverable(String),
    /// Nobody tried: the gateway rests, or the server stops. It costs no attempt.
    Untried,
}

impl Outcome {
    /// How a claim that [`is_exhausted`](Claimed::is_exhausted) ends: it outlasted its attempts without anybody telling why,
    /// because workers died over it.
    #[must_use]
    pub fn exhausted() -> Self {
        Self::Undeliverable("attempts.exhausted".to_owned())
    }
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
    /// STOP came from the patient's number, and they have no other way.
    OptedOut,
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
    /// It was put back untried.
    Released,
    /// The lease had ended, and another worker has it.
    Lost,
}

/// Writes down how claims ended, and gives for each, in order, what it was for and where it stands. A failure is tried again
/// by the schedule, and ends in the dead letters after the last attempt. One statement.
///
/// # Errors
/// Any failure of the database; the leases then end by themselves, and the notifications are claimed again.
pub async fn settle(
    core: &Core,
    ended: &[(Claimed, Outcome)],
) -> Result<Vec<(NotificationPurpose, Settled)>, Fault> {
    let ended: Vec<_> = ended.iter().map(|(claimed, how)| (claimed, how)).collect();
    let settled = write_down(core, core.store.writer(), core.clock.now(), &ended).await?;
    Ok(ended
        .iter()
        .zip(settled)
        .map(|((claimed, _), settled)| (claimed.row.purpose, settled))
        .collect())
}

/// [`settle`] within what else happens. One statement.
pub(super) async fn write_down(
    core: &Core,
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
    ended: &[(&Claimed, &Outcome)],
) -> Result<Vec<Settled>, Fault> {
    if ended.is_empty() {
        return Ok(Vec::new());
    }
    let verdicts: Vec<_> = ended
        .iter()
        .map(|(claimed, outcome)| Verdict::of(core, now, claimed, outcome))
        .collect();
    let mut update = Sql::new(
        "update notification set status = v.column4, channel = v.column5, due_at = v.column6, attempts = v.column7, \
         last_error = v.column8, settled_at = v.column9, leased_until = null, leased_by = null from (values ",
    );
    update
        .rows(
            ended
                .iter()
                .zip(&verdicts)
                .map(|((claimed, _), verdict)| verdict.row(claimed)),
        )
        .push(
            ") as v where notification.organization_id = v.column1 and notification.id = v.column2 \
             and notification.leased_by = v.column3 and notification.status = 'PENDING' returning organization_id, id",
        );
    let mut had: HashSet<(OrganizationId, NotificationId)> = HashSet::new();
    for row in connection.query_all_raw(update.on(connection)).await? {
        had.insert((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
    }
    Ok(ended
        .iter()
        .zip(verdicts)
        .map(|((claimed, _), verdict)| {
            if had.contains(&(claimed.row.organization_id, claimed.row.id)) {
                verdict.settled
            } else {
                Settled::Lost
            }
        })
        .collect())
}

/// What an outcome makes of a row.
struct Verdict {
    status: NotificationStatus,
    channel: Option<Channel>,
    due_at: DateTime<Utc>,
    attempts: i32,
    last_error: Option<String>,
    settled_at: Option<DateTime<Utc>>,
    settled: Settled,
}

impl Verdict {
    fn of(core: &Core, now: DateTime<Utc>, claimed: &Claimed, outcome: &Outcome) -> Self {
        let row = &claimed.row;
        let waits = |settled| Self {
            status: NotificationStatus::Pending,
            channel: row.channel,
            due_at: row.due_at,
            attempts: row.attempts,
            last_error: row.last_error.clone(),
            settled_at: None,
            settled,
        };
        let ends = |status, last_error, settled| Self {
            status,
            last_error,
            settled_at: Some(now),
            ..waits(settled)
        };
        match outcome {
            Outcome::Sent => ends(NotificationStatus::Sent, None, Settled::Sent),
            Outcome::ToldOn => ends(NotificationStatus::Sent, None, Settled::Addressed),
            Outcome::Skipped(_) => ends(NotificationStatus::Skipped, None, Settled::Skipped),
            Outcome::Undeliverable(class) => {
                ends(NotificationStatus::Dead, Some(class.clone()), Settled::Dead)
            }
            Outcome::Failed(class) => match schedule::wait_after(row.attempts, &core.entropy) {
                Some(wait) => Self {
                    due_at: now + wait,
                    last_error: Some(class.clone()),
                    ..waits(Settled::Retried)
                },
                None => ends(NotificationStatus::Dead, Some(class.clone()), Settled::Dead),
            },
            Outcome::PassedOn(channel) => Self {
                channel: Some(*channel),
                due_at: now,
                attempts: 0,
                ..waits(Settled::Addressed)
            },
            Outcome::Untried => Self {
                attempts: row.attempts - 1,
                ..waits(Settled::Released)
            },
        }
    }

    fn row(&self, claimed: &Claimed) -> [Value; 9] {
        [
            claimed.row.organization_id.into(),
            claimed.row.id.into(),
            claimed.worker.into(),
            self.status.into(),
            self.channel.into(),
            self.due_at.into(),
            self.attempts.into(),
            self.last_error.clone().into(),
            self.settled_at.into(),
        ]
    }
}
