//! The worker that lets reminders and scheduled messages leave when they are due, and looks whether patients are answered. Every
//! node runs one; the rows' locks keep each of them with one node.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::{answers, core::Core, fault::Fault, reminders, scheduled};

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
                    "what is due could not be done"
                );
            }
            let pause = if step.left + step.looked_at > 0 {
                BREATH
            } else {
                INTERVAL
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Does all that is due now, and returns; tells how many messages that concerned.
    ///
    /// # Errors
    /// Any failure of the database; several kinds may fail.
    pub async fn run_once(&self) -> Result<usize, Vec<Failure>> {
        let mut all = 0;
        loop {
            let step = self.step().await;
            if !step.failures.is_empty() {
                return Err(step.failures);
            }
            if step.left + step.looked_at == 0 {
                return Ok(all);
            }
            all += step.left;
        }
    }

    /// A failure of one kind does not hold up the others, nor hide theirs.
    async fn step(&self) -> Step {
        let mut step = Step::default();
        let scheduled = scheduled::leave(&self.core).await;
        step.left += step.count("scheduled messages", scheduled);
        let reminders = reminders::leave(&self.core).await;
        step.left += step.count("reminders", reminders);
        let answers = answers::look(&self.core).await;
        step.looked_at += step.count("answers", answers);
        step
    }
}

/// What could not be done, and why.
#[derive(Debug)]
pub struct Failure {
    /// What it is about, such as reminders.
    pub kind: &'static str,
    /// Why.
    pub fault: Fault,
}

#[derive(Default)]
struct Step {
    /// How many messages have left, or were decided not to.
    left: usize,
    /// At how many conversations it was looked.
    looked_at: usize,
    failures: Vec<Failure>,
}

impl Step {
    /// How many it was about; none, and the failure is noted, where it failed.
    fn count(&mut self, kind: &'static str, outcome: Result<usize, Fault>) -> usize {
        outcome.unwrap_or_else(|fault| {
            self.failures.push(Failure { kind, fault });
            0
        })
    }
}
