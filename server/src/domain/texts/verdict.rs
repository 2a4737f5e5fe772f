//! What is written down of a text whose handing over has ended. No database.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{NotificationId, ProviderMessageId, TextFailure, TextId, TextState, text};

use super::{
    settle::{Handed, TextSettled},
    state::{Heard, Standing},
};
use crate::domain::{entropy::Entropy, notifications::jittered};

/// How long a text waits after each failed attempt. After the last one it has failed.
const WAITS: [TimeDelta; 6] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
];
/// The longest wait that a gateway can ask for.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// What is written down about a text.
pub(super) struct Verdict {
    pub(super) id: TextId,
    pub(super) standing: Standing,
    pub(super) error: Option<String>,
    pub(super) provider: Option<ProviderMessageId>,
    pub(super) due_at: DateTime<Utc>,
    pub(super) attempts: i32,
    pub(super) settled: TextSettled,
    /// Whether it was not the text's own fault that it did not leave, so that another one may.
    pub(super) passing: bool,
}

/// What is to be written down of a text that was handed over, or was to be.
pub(super) fn verdict(
    entropy: &Entropy,
    now: DateTime<Utc>,
    row: &text::Model,
    handed: &Handed,
) -> Verdict {
    let standing = Standing {
        state: row.state,
        reason: row.reason,
    };
    // With another number on file, a notification finds its way anew.
    let passing = matches!(
        handed,
        Handed::Deferred(..)
            | Handed::LockedOut(_)
            | Handed::KeptBack(TextFailure::NumberChanged, _)
    );
    let ends =
        |heard, error: Option<&String>, provider: Option<&ProviderMessageId>, settled| Verdict {
            id: row.id,
            standing: standing.after(heard).unwrap_or(standing),
            error: error.cloned(),
            provider: provider.cloned(),
            due_at: row.due_at,
            attempts: row.attempts,
            settled,
            passing,
        };
    // A report has overtaken the answer: the gateway has the text, whatever became of this attempt.
    if standing != Standing::QUEUED && !matches!(handed, Handed::Taken(_) | Handed::Kept) {
        return Verdict {
            standing,
            ..ends(Heard::Accepted, row.error.as_ref(), None, TextSettled::Sent)
        };
    }
    let later = |class: &String, wait, at_last| match wait_after(entropy, row, wait) {
        Some(wait) => Verdict {
            due_at: now + wait,
            settled: TextSettled::Retried,
            standing,
            ..ends(Heard::Accepted, Some(class), None, TextSettled::Sent)
        },
        None => ends(
            Heard::Failed(at_last),
            Some(class),
            None,
            TextSettled::Failed,
        ),
    };
    match handed {
        Handed::Taken(provider) => {
            ends(Heard::Accepted, None, provider.as_ref(), TextSettled::Sent)
        }
        Handed::Kept => ends(Heard::Delivered, None, None, TextSettled::Sent),
        Handed::Refused(failure, class) | Handed::KeptBack(failure, class) => ends(
            Heard::Failed(*failure),
            Some(class),
            None,
            TextSettled::Failed,
        ),
        Handed::Untried => Verdict {
            attempts: row.attempts - 1,
            settled: TextSettled::Released,
            standing,
            ..ends(Heard::Accepted, row.error.as_ref(), None, TextSettled::Sent)
        },
        Handed::Deferred(class, wait) => later(class, *wait, TextFailure::GatewayUnavailable),
        Handed::LockedOut(class) => later(class, None, TextFailure::GatewayRefused),
    }
}

/// How long a text waits for its next attempt; none when there is none. A notification is tried once: its own outbox has the
/// attempts, and looks before each whether it is still needed.
fn wait_after(entropy: &Entropy, row: &text::Model, asked: Option<TimeDelta>) -> Option<TimeDelta> {
    if row.notification_id.is_some() {
        return None;
    }
    let failures = usize::try_from(row.attempts.saturating_sub(1)).ok()?;
    let wait = jittered(*WAITS.get(failures)?, entropy);
    Some(wait.max(asked.unwrap_or_default().min(LONGEST_WAIT)))
}

/// The notification of a text that failed, with the class of the failure and whether it may succeed later.
pub(super) fn give_back(
    row: &text::Model,
    verdict: &Verdict,
) -> Option<(NotificationId, String, bool)> {
    let failed = verdict.standing.state == TextState::Failed && row.state != TextState::Failed;
    let id = row.notification_id.filter(|_| failed)?;
    let class = verdict.error.clone().unwrap_or_else(|| "sms".to_owned());
    Some((id, class, verdict.passing))
}

#[cfg(test)]
mod tests;
