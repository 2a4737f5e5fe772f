//! The worker that lets reminders and scheduled messages leave when they are due, looks whether patients are answered, and tells
//! staff of cases whose first answer is overdue. Every node runs one; the rows' locks keep each of them with one node.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::{answers, cases, core::Core, fault::Fault, reminders, scheduled};

/// How often it is looked whether something is due.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long it rests between two transactions, so that what people send meanwhile is stored in between.
const BREATH: Duration = Duration::from_millis(20);

/// Lets leave what is due.
#[derive(Clone)]
pub struct Dispatcher {
    core: Core,
}

impl Dispatcher {
    /// A worker for one node.
    #[must_use]
    pub fn new(core: Core) -> Self {
        Self { core }
    }

    /// Works until `shutdown`; the transaction that runs then is finished first.
    pub async fn run(&self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            let pause = match self.step().await {
                Ok((0, 0)) => INTERVAL,
                Ok(_) => BREATH,
                Err(fault) => {
                    tracing::error!(error.class = fault.class(), "what is due could not be done");
                    INTERVAL
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Does all that is due now, and returns; tells how many messages and cases that concerned.
    ///
    /// # Errors
    /// Any failure of the database.
    pub async fn run_once(&self) -> Result<usize, Fault> {
        let mut all = 0;
        loop {
            match self.step().await? {
                (0, 0) => return Ok(all),
                (left, _) => all += left,
            }
        }
    }

    /// Tells how many messages have left and how many cases are overdue, and at how many conversations it was looked. A failure
    /// of the one does not hold up the other.
    async fn step(&self) -> Result<(usize, usize), Fault> {
        let scheduled = scheduled::leave(&self.core).await;
        let reminders = reminders::leave(&self.core).await;
        let answers = answers::look(&self.core).await;
        let overdue = cases::tell_overdue(&self.core).await;
        Ok((scheduled? + reminders? + overdue?, answers?))
    }
}
