//! Waiting, always for something and never for ever.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// How long a test waits for something that should happen at once, on a machine that is busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(10);

const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// The outcome of `future`, or a panic that says what did not happen in time.
pub async fn within<T>(patience: Duration, what: &str, future: impl Future<Output = T>) -> T {
    timeout(patience, future)
        .await
        .unwrap_or_else(|_| panic!("waited {} s in vain for {what}", patience.as_secs_f32()))
}

/// Looks again and again until there is something to return, or panics and says what did not happen in time.
pub async fn until<T>(
    patience: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            Instant::now() < deadline,
            "waited {} s in vain for {what}",
            patience.as_secs_f32()
        );
        sleep(BETWEEN_LOOKS).await;
    }
}
