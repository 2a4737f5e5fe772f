//! A lane of the outbox with what is known of its gateway, and what is counted and logged of it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use entity::NotificationPurpose;
use metrics::{counter, gauge};

use super::{Report, SendError, breaker::Breaker};
use crate::domain::{
    core::Core,
    notifications::{Claimed, Failed, Lane, Outcome, Settled},
};

/// A lane with what is known of its gateway.
pub(super) struct LaneState {
    pub(super) lane: Lane,
    breaker: Mutex<Breaker>,
}

impl LaneState {
    pub(super) fn new(lane: Lane) -> Self {
        Self {
            lane,
            breaker: Mutex::default(),
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many notifications the gateway may be given now, of so many.
    pub(super) fn allowance(&self, now: DateTime<Utc>, all: u32) -> u32 {
        let breaker = self.breaker();
        gauge!("tidings_delivery_resting", "lane" => name(self.lane))
            .set(f64::from(u8::from(breaker.rests(now))));
        breaker.allowance(now, all)
    }

    /// Whether the gateway rests.
    pub(super) fn rests(&self, now: DateTime<Utc>) -> bool {
        self.breaker().rests(now)
    }

    /// What an answer of the gateway, or its silence, means for a notification and for the lane.
    pub(super) fn heard(&self, core: &Core, answer: Result<(), SendError>) -> Outcome {
        let outcome = match answer {
            Ok(()) => Outcome::Sent,
            Err(SendError::Refused(class)) => Outcome::Undeliverable(class),
            Err(SendError::Deferred(class)) => Outcome::Failed(class),
            Err(SendError::Unreachable(class)) => {
                self.breaker().failed(core.clock.now(), &core.entropy);
                return Outcome::Failed(class);
            }
        };
        self.breaker().answered();
        outcome
    }

    /// Says how late the lane is.
    pub(super) fn say_lateness(&self, now: DateTime<Utc>, claimed: &[Claimed]) {
        let oldest = claimed.iter().map(|claimed| claimed.row.due_at).min();
        let lateness = oldest.map_or(0.0, |due| (now - due).as_seconds_f64());
        gauge!("tidings_notifications_late_seconds", "lane" => name(self.lane)).set(lateness);
    }

    /// Counts what was settled.
    pub(super) fn count(&self, settled: &[(NotificationPurpose, Settled)]) -> Report {
        let mut report = Report::default();
        for (purpose, settled) in settled {
            counter!(
                "tidings_notifications_total",
                "purpose" => purpose.word(),
                "lane" => name(self.lane),
                "outcome" => outcome_name(*settled)
            )
            .increment(1);
            report.count(*settled);
        }
        report
    }

    /// Logs and counts what could not be handled. It is left to the end of its lease.
    pub(super) fn lose(&self, failed: Vec<Failed>) -> Report {
        let mut report = Report::default();
        for Failed { claimed, fault } in failed {
            let Some(first) = claimed.first() else {
                continue;
            };
            tracing::error!(
                notification.id = %first.row.id.0,
                notification.purpose = first.row.purpose.word(),
                notification.attempts = first.row.attempts,
                notification.count = claimed.len(),
                error.class = fault.class(),
                "notifications could not be handled"
            );
            let lost: Vec<_> = claimed
                .iter()
                .map(|claimed| (claimed.row.purpose, Settled::Lost))
                .collect();
            report.add(self.count(&lost));
        }
        report
    }
}

const fn name(lane: Lane) -> &'static str {
    match lane {
        Lane::Addressing => "addressing",
        Lane::Access => "access",
        Lane::Email => "email",
        Lane::Sms => "sms",
    }
}

const fn outcome_name(settled: Settled) -> &'static str {
    match settled {
        Settled::Sent => "sent",
        Settled::Addressed => "addressed",
        Settled::Skipped => "skipped",
        Settled::Retried => "retried",
        Settled::Dead => "dead",
        Settled::Released => "released",
        Settled::Lost => "lost",
    }
}
