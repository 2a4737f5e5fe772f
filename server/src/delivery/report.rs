//! What the worker did.

use crate::domain::notifications::Settled;

/// What a run of the worker did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Told on to each person whom they concern.
    pub addressed: u64,
    /// Taken by a mail server or gateway.
    pub sent: u64,
    /// Not needed any more.
    pub skipped: u64,
    /// Tried again later.
    pub retried: u64,
    /// Failed for good.
    pub dead: u64,
    /// Put back untried, because the gateway rests or the worker stops.
    pub released: u64,
    /// Left to another worker, or to the end of the lease.
    pub lost: u64,
}

impl Report {
    pub(super) fn count(&mut self, settled: Settled) {
        let field = match settled {
            Settled::Addressed => &mut self.addressed,
            Settled::Sent => &mut self.sent,
            Settled::Skipped => &mut self.skipped,
            Settled::Retried => &mut self.retried,
            Settled::Dead => &mut self.dead,
            Settled::Released => &mut self.released,
            Settled::Lost => &mut self.lost,
        };
        *field += 1;
    }

    pub(super) fn add(&mut self, other: Self) {
        self.addressed += other.addressed;
        self.sent += other.sent;
        self.skipped += other.skipped;
        self.retried += other.retried;
        self.dead += other.dead;
        self.released += other.released;
        self.lost += other.lost;
    }

    pub(super) fn total(&self) -> u64 {
        self.addressed
            + self.sent
            + self.skipped
            + self.retried
            + self.dead
            + self.released
            + self.lost
    }
}
