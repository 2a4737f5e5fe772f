//! What has ended is settled together, and nothing waits long for it.

use std::time::Duration;

use tokio::{
    sync::mpsc::Receiver,
    time::{Instant, timeout_at},
};

/// How long what has ended waits for more that ends, so that both are settled by one commit. What hangs holds nothing up for
/// longer, and a crash repeats no more than what was handed over within that time.
const GATHER: Duration = Duration::from_millis(200);

/// Adds what has ended, and what ends soon after; tells whether more may come.
pub(super) async fn gather<T>(told: &mut Receiver<T>, ended: &mut Vec<T>) -> bool {
    if ended.is_empty() {
        match told.recv().await {
            Some(first) => ended.push(first),
            None => return false,
        }
    }
    let enough = Instant::now() + GATHER;
    while let Ok(next) = timeout_at(enough, told.recv()).await {
        match next {
            Some(next) => ended.push(next),
            None => return false,
        }
    }
    true
}
