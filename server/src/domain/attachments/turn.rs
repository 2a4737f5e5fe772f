//! When it is a file's turn to be inspected.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::store::Sql;

/// How long to wait after the first failed inspection; twice as long after each further one.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(5);
/// The longest wait.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(15);
/// How long to wait before a file is scanned again of which the scanner could not read all; twice as long after each further
/// time. After the seventh, four months after the first, it stays as it is.
const AGAIN: TimeDelta = TimeDelta::days(1);

/// Which files are taken for an inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Those that were not inspected yet.
    First,
    /// Those of which the malware scanner could not read all: it may be let read more by now, or know more. Only a node that
    /// has a scanner takes them, so that they never look as if there had been none.
    Again,
}

impl Turn {
    /// The words of the second are those of a partial index.
    const fn condition(self) -> &'static str {
        match self {
            Self::First => "status = 'PENDING'",
            Self::Again => {
                "status = 'UNSCANNED' and unscanned_because = 'NOT_WHOLE' and attempts < 7"
            }
        }
    }

    /// How long a file waits after this many attempts.
    pub(super) fn wait_after(self, attempts: i32) -> TimeDelta {
        let (first, doublings) = match self {
            Self::First => (FIRST_WAIT, attempts - 1),
            Self::Again => (AGAIN, attempts),
        };
        let doublings = u32::try_from(doublings).unwrap_or(0).min(16);
        let wait = first * 2_i32.pow(doublings);
        match self {
            Self::First => wait.min(LONGEST_WAIT),
            Self::Again => wait,
        }
    }

    pub(super) fn push_due(self, sql: &mut Sql, now: DateTime<Utc>, limit: i64) {
        let now = sql.placeholder(now);
        sql.push("select organization_id, id from attachment where ")
            .push(self.condition())
            .push(" and disposal is null and due_at <= ")
            .push(&now)
            .push(" and (leased_until is null or leased_until <= ")
            .push(&now)
            .push(") order by due_at limit ")
            .bind(limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        assert_eq!(Turn::First.wait_after(1), TimeDelta::seconds(5));
        assert_eq!(Turn::First.wait_after(3), TimeDelta::seconds(20));
        assert_eq!(Turn::First.wait_after(100), LONGEST_WAIT);
    }

    #[test]
    fn files_that_were_not_read_whole_wait_for_days() {
        let waits: TimeDelta = (0..7)
            .map(|attempts| Turn::Again.wait_after(attempts))
            .sum();
        assert_eq!(waits, TimeDelta::days(127));
    }
}
