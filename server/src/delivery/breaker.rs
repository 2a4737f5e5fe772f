//! A mail server or gateway that is out of order is left alone as a whole, instead of being asked for each notification.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{entropy::Entropy, notifications::jittered};

/// How often in a row it must be out of order.
const PATIENCE: u32 = 4;
/// How long it is left alone the first time; then twice as long each time.
const FIRST_REST: TimeDelta = TimeDelta::seconds(5);
/// The longest rest.
const LONGEST_REST: TimeDelta = TimeDelta::minutes(5);

/// Counts how often in a row a gateway was out of order.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    rests_until: Option<DateTime<Utc>>,
    /// Until when it wants to be left alone, though it is in order.
    asked_until: Option<DateTime<Utc>>,
}

impl Breaker {
    /// How many notifications the gateway may be given: all, none while it rests, and one after a rest, to see whether it
    /// is back.
    pub(super) fn allowance(&self, now: DateTime<Utc>, all: u32) -> u32 {
        if self.asked_until.is_some_and(|until| now < until) {
            return 0;
        }
        match self.rests_until {
            None => all,
            Some(until) if now < until => 0,
            Some(_) => 1,
        }
    }

    /// The gateway answered, whatever it said. What it has asked for meanwhile still holds: answers overtake each other.
    pub(super) fn answered(&mut self) {
        self.failures = 0;
        self.rests_until = None;
    }

    /// The gateway was out of order.
    pub(super) fn failed(&mut self, now: DateTime<Utc>, entropy: &Entropy) {
        self.failures = self.failures.saturating_add(1);
        if let Some(rests) = self.failures.checked_sub(PATIENCE) {
            let rest = FIRST_REST * (1 << rests.min(10));
            self.rests_until = Some(now + jittered(rest.min(LONGEST_REST), entropy));
        }
    }

    /// The gateway wants to be left alone until then, though it is in order.
    pub(super) fn asked_for_rest(&mut self, until: DateTime<Utc>) {
        self.asked_until = self.asked_until.max(Some(until));
    }

    /// Whether the gateway rests.
    pub(super) fn rests(&self, now: DateTime<Utc>) -> bool {
        let until = self.rests_until.max(self.asked_until);
        until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_rests_after_failing_in_a_row_and_is_probed_once() {
        let entropy = Entropy::new(|bytes| bytes.fill(0));
        let now = DateTime::UNIX_EPOCH;
        let mut breaker = Breaker::default();
        for _ in 1..PATIENCE {
            breaker.failed(now, &entropy);
            assert_eq!(breaker.allowance(now, 8), 8);
        }
        breaker.failed(now, &entropy);
        assert!(breaker.rests(now));
        assert_eq!(breaker.allowance(now, 8), 0);
        let after = now + FIRST_REST;
        assert_eq!(breaker.allowance(after, 8), 1);
        breaker.failed(after, &entropy);
        assert_eq!(breaker.allowance(after + FIRST_REST, 8), 0);
        breaker.answered();
        assert_eq!(breaker.allowance(after, 8), 8);
    }

    #[test]
    fn an_answer_that_comes_late_ends_no_rest_that_was_asked_for() {
        let now = DateTime::UNIX_EPOCH;
        let until = now + TimeDelta::seconds(30);
        let mut breaker = Breaker::default();
        breaker.asked_for_rest(until);
        breaker.answered();
        assert!(breaker.rests(now));
        assert_eq!(breaker.allowance(now, 8), 0);
        assert_eq!(breaker.allowance(until, 8), 8);
    }

    #[test]
    fn no_rest_is_longer_than_the_longest() {
        let entropy = Entropy::new(|bytes| bytes.fill(255));
        let mut breaker = Breaker::default();
        for _ in 0..1000 {
            breaker.failed(DateTime::UNIX_EPOCH, &entropy);
        }
        let latest = DateTime::UNIX_EPOCH + LONGEST_REST * 11 / 10;
        assert!(!breaker.rests(latest));
    }
}
