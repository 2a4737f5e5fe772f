//! The worker that lets reminders and scheduled messages leave when they are due. Every node runs one; the rows' locks keep each message with one
//! of them.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::{core::Core, fault::Fault, reminders, scheduled};

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
            let step = self.step().await;
            for failure in &step.failures {
                tracing::error!(
                    dispatch.kind = failure.kind,
                    error.class = failure.fault.class(),
                    "messages could not leave"
                );
            }
            let pause = if step.left > 0 { BREATH } else { INTERVAL };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Lets leave all that is due now, and returns; tells how many messages that concerned.
    ///
    /// # Errors
    /// Any failure of the database; both kinds may fail.
    pub async fn run_once(&self) -> Result<usize, Vec<Failure>> {
        let mut all = 0;
        loop {
            let step = self.step().await;
            if !step.failures.is_empty() {
                return Err(step.failures);
            }
            if step.left == 0 {
                return Ok(all);
            }
            all += step.left;
        }
    }

    /// A failure of the one does not hold up the other, nor hide the other's.
    async fn step(&self) -> Step {
        let mut step = Step::default();
        for (kind, outcome) in [
            ("scheduled messages", scheduled::leave(&self.core).await),
            ("reminders", reminders::leave(&self.core).await),
        ] {
            match outcome {
                Ok(left) => step.left += left,
                Err(fault) => step.failures.push(Failure { kind, fault }),
            }
        }
        step
    }
}

/// What could not leave, and why.
#[derive(Debug)]
pub struct Failure {
    /// Scheduled messages or reminders.
    pub kind: &'static str,
    /// Why.
    pub fault: Fault,
}

#[derive(Default)]
struct Step {
    /// How many messages have left, or were decided not to.
    left: usize,
    failures: Vec<Failure>,
}
