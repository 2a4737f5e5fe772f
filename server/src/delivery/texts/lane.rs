//! What is known of one gateway for texts: whether it rests, whether somebody works for it, and when each of its numbers may
//! send the next text.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{PhoneNumber, text_gateway};
use tokio::time::Instant;

use super::super::breaker::Breaker;
use crate::domain::core::Core;

/// How many texts of a gateway are claimed at once.
const BATCH: u32 = 32;
/// For how long one number of a gateway may have texts claimed: what is claimed must leave within its lease.
const SECONDS_AHEAD: u32 = 5;

/// What is known of one gateway.
#[derive(Debug, Default)]
pub(super) struct TextLane {
    busy: AtomicBool,
    breaker: Mutex<Breaker>,
    next: Mutex<HashMap<PhoneNumber, Instant>>,
}

impl TextLane {
    /// Whether somebody here works for it.
    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire)
    }

    pub(super) fn begin(&self) {
        self.busy.store(true, Ordering::Release);
    }

    pub(super) fn end(&self) {
        self.busy.store(false, Ordering::Release);
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the gateway rests.
    pub(super) fn rests(&self, now: DateTime<Utc>) -> bool {
        self.breaker().rests(now)
    }

    /// How many texts may be claimed now.
    pub(super) fn allowance(&self, now: DateTime<Utc>, gateway: &text_gateway::Model) -> u32 {
        let rate = u32::try_from(gateway.texts_per_second).unwrap_or(1).max(1);
        let all = BATCH.min(rate.saturating_mul(SECONDS_AHEAD));
        self.breaker().allowance(now, all)
    }

    /// The gateway answered, whatever it said.
    pub(super) fn answered(&self) {
        self.breaker().answered();
    }

    /// The gateway was out of order.
    pub(super) fn failed(&self, core: &Core) {
        self.breaker().failed(core.clock.now(), &core.entropy);
    }

    /// The gateway wants to be left alone for a while.
    pub(super) fn throttled(&self, now: DateTime<Utc>, wait: TimeDelta) {
        self.breaker().asked_for_rest(now + wait);
    }

    /// When the next text may leave from a number, at so many in a second. The moment is taken by it.
    pub(super) fn turn(
        &self,
        now: Instant,
        number: &PhoneNumber,
        texts_per_second: i32,
    ) -> Instant {
        let rate = u32::try_from(texts_per_second).unwrap_or(1).max(1);
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // A gateway has few numbers; those that were taken from it would stay otherwise.
        next.retain(|_, moment| *moment > now);
        let turn = next.get(number).copied().unwrap_or(now);
        next.insert(number.clone(), turn + Duration::from_secs(1) / rate);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_its_own_pace() {
        let lane = TextLane::default();
        let (one, other) = (PhoneNumber::new("+1"), PhoneNumber::new("+2"));
        let now = Instant::now();
        let turns: Vec<_> = (0..3).map(|_| lane.turn(now, &one, 2) - now).collect();
        assert_eq!(turns, [0, 500, 1000].map(Duration::from_millis));
        assert_eq!(lane.turn(now, &other, 2), now);
        let later = now + Duration::from_secs(5);
        assert_eq!(lane.turn(later, &one, 2), later);
    }
}
