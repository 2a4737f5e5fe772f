//! When a notification is tried, and tried again (NOT-3).

use chrono::TimeDelta;

use crate::domain::entropy::Entropy;

/// How long each attempt waits after the one before.
const SCHEDULE: [TimeDelta; 8] = [
    TimeDelta::zero(),
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(10),
];

/// How many attempts there are.
pub(super) const ATTEMPTS: i32 = SCHEDULE.len() as i32;

/// A wait is longer or shorter by up to one part in this many, so that what failed together does not come back together.
const JITTER: i64 = 10;

/// How long to wait after so many attempts; none when there are no more.
pub(super) fn wait_after(attempts: i32, entropy: &Entropy) -> Option<TimeDelta> {
    let wait = *SCHEDULE.get(usize::try_from(attempts).ok()?)?;
    Some(jittered(wait, entropy))
}

/// A wait that is longer or shorter by up to a tenth.
#[must_use]
pub fn jittered(wait: TimeDelta, entropy: &Entropy) -> TimeDelta {
    let millis = wait.num_milliseconds();
    let spread = millis / JITTER;
    if spread == 0 {
        return wait;
    }
    let random = i64::from(u32::from_le_bytes(entropy.bytes()));
    TimeDelta::milliseconds(millis - spread + random % (2 * spread + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_are_those_that_are_promised() {
        let entropy = Entropy::system();
        let promised = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];
        for (attempts, seconds) in (1..).zip(promised) {
            let wait = wait_after(attempts, &entropy).unwrap().num_milliseconds();
            let exact = seconds * 1000;
            assert!(
                (exact * 9 / 10..=exact * 11 / 10).contains(&wait),
                "{attempts}"
            );
        }
        assert_eq!(wait_after(0, &entropy), Some(TimeDelta::zero()));
        assert_eq!(wait_after(ATTEMPTS, &entropy), None);
    }

    #[test]
    fn jitter_reaches_both_ends_and_no_further() {
        let wait = TimeDelta::milliseconds(100);
        let with = |random: u32| {
            jittered(
                wait,
                &Entropy::new(move |bytes| bytes.copy_from_slice(&random.to_le_bytes())),
            )
            .num_milliseconds()
        };
        assert_eq!((with(0), with(20), with(21)), (90, 110, 90));
    }
}
