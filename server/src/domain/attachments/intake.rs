//! How many files a node takes in at the same time, whichever way they come, and what becomes of those whose client is gone.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::domain::fault::Fault;

/// How many files a node takes in at once; each keeps a segment in memory.
const MOST_AT_ONCE: usize = 32;

/// The files that a node takes in. Clones share everything.
#[derive(Clone, Debug)]
pub struct Intake {
    places: Arc<Semaphore>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// A place for one file that is taken in; given back when it is dropped.
#[derive(Debug)]
pub struct IntakePlace {
    _permit: OwnedSemaphorePermit,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MOST_AT_ONCE)),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }
}

impl Intake {
    /// A place for a file; none when too many arrive.
    #[must_use]
    pub fn place(&self) -> Option<IntakePlace> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(IntakePlace { _permit: permit })
    }

    /// Cancelled when the server stops.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Takes a file in, in a task of its own: it ends in order even when the client is gone, and with it whoever waits here.
    ///
    /// # Errors
    /// [`Fault::Stopping`] when the task was ended.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.tasks.spawn(work).await.map_err(|_| Fault::Stopping)
    }

    /// Stops taking bytes, and waits until what came is stored.
    pub async fn drain(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
