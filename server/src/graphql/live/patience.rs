//! A database that is gone for a moment ends no subscription: the log is the truth, and what was not given yet is given
//! when it can be read again.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep};

use super::super::error::{ApiError, ApiResult};
use crate::domain::fault::Fault;

/// How long to wait after the first failure; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// How long failures may last. Then the subscription fails, and the client comes back with its position: perhaps to a node
/// that has a database.
const LONGEST: Duration = Duration::from_secs(30);

/// Puts up with a database that is gone, for so long.
#[derive(Default)]
pub struct Patience {
    failures: u32,
    since: Option<Instant>,
}

impl Patience {
    /// Waits until it is time to try again.
    ///
    /// # Errors
    /// The failure itself, when trying again cannot help or was tried for too long.
    pub async fn after(&mut self, failure: ApiError) -> ApiResult<()> {
        // Boxes, here and below: what happens rarely takes no room in subscriptions that wait.
        Box::pin(sleep(self.pause(failure, Instant::now())?)).await;
        Ok(())
    }

    fn pause(&mut self, failure: ApiError, now: Instant) -> ApiResult<Duration> {
        let since = *self.since.get_or_insert(now);
        let passes = matches!(&failure, ApiError::Fault(fault) if is_passing(fault));
        if !passes || now.duration_since(since) >= LONGEST {
            return Err(failure);
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(10));
        self.failures += 1;
        Ok(pause.min(LONGEST_PAUSE))
    }
}

/// What a part of this node that has stopped refuses, it refuses for good.
fn is_passing(fault: &Fault) -> bool {
    match fault {
        Fault::Unavailable(_) | Fault::Displaced => true,
        // Nothing on the log's way to a subscriber reads files.
        Fault::Files(_)
        | Fault::Database(_)
        | Fault::Corrupt(_)
        | Fault::Crypto(_)
        | Fault::Stopping => false,
    }
}

/// Tries until it succeeds, or until patience ends.
///
/// # Errors
/// The last failure.
pub async fn patiently<T, F>(mut attempt: impl FnMut() -> F) -> ApiResult<T>
where
    F: Future<Output = ApiResult<T>>,
{
    let mut patience = Patience::default();
    loop {
        match Box::pin(attempt()).await {
            Ok(done) => return Ok(done),
            Err(failure) => patience.after(failure).await?,
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnAcquireErr, DbErr};

    use super::*;

    fn gone() -> ApiError {
        Fault::from(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)).into()
    }

    #[test]
    fn what_passes_is_tried_again_but_not_for_ever() {
        let (start, mut patience) = (Instant::now(), Patience::default());
        let (mut waited, mut attempts) = (Duration::ZERO, 0);
        while let Ok(pause) = patience.pause(gone(), start + waited) {
            assert!((FIRST_PAUSE..=LONGEST_PAUSE).contains(&pause));
            waited += pause;
            attempts += 1;
        }
        assert!((LONGEST..LONGEST + LONGEST_PAUSE).contains(&waited));
        assert!((10..20).contains(&attempts), "{attempts}");
    }

    #[tokio::test]
    async fn what_succeeds_at_last_has_succeeded() {
        let mut attempts = 0;
        let outcome = patiently(|| {
            attempts += 1;
            let enough = attempts == 2;
            async move { if enough { Ok(()) } else { Err(gone()) } }
        });
        assert!(outcome.await.is_ok());
    }

    #[test]
    fn what_does_not_pass_is_not_tried_again() {
        for failure in [ApiError::NotFound, Fault::Stopping.into()] {
            let mut patience = Patience::default();
            assert!(patience.pause(failure, Instant::now()).is_err());
        }
    }
}
