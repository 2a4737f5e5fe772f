//! What the worker did.

use crate::domain::{notifications::Settled, texts::settle::TextSettled};

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

/// What a run of the worker of texts did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextReport {
    /// Came in and had their effect, or were put into quarantine.
    pub applied: u64,
    /// Taken by a gateway.
    pub sent: u64,
    /// Tried again later.
    pub retried: u64,
    /// Failed for good.
    pub failed: u64,
    /// Put back untried, because the gateway rests or the worker stops.
    pub released: u64,
    /// Left to another worker.
    pub lost: u64,
}

impl TextReport {
    pub(super) fn count(&mut self, settled: TextSettled) {
        let field = match settled {
            TextSettled::Sent => &mut self.sent,
            TextSettled::Retried => &mut self.retried,
            TextSettled::Failed => &mut self.failed,
            TextSettled::Released => &mut self.released,
            TextSettled::Lost => &mut self.lost,
        };
        *field += 1;
    }

    pub(super) fn add(&mut self, other: Self) {
        self.applied += other.applied;
        self.sent += other.sent;
        self.retried += other.retried;
        self.failed += other.failed;
        self.released += other.released;
        self.lost += other.lost;
    }

    /// How many texts left or failed: a gateway whose texts were all put back has no more work now.
    pub(super) fn total(&self) -> u64 {
        self.sent + self.retried + self.failed + self.lost
    }
}
