//! Stopping, in the order in which things depend on each other.

use tokio::time::timeout;

use super::App;

/// The part of the grace that running requests have.
const SHARE_OF_REQUESTS: f64 = 0.5;

/// The part of it that deliveries have after them.
const SHARE_OF_WORKERS: f64 = 0.25;

impl App {
    /// Stops accepting, closes sockets with a code that makes their clients return, ends running requests and workers,
    /// stores what was posted, and closes the database; all of that within the configured grace.
    pub async fn shutdown(self) {
        let grace = self.grace;
        if timeout(grace, self.stop()).await.is_err() {
            tracing::warn!(grace.seconds = grace.as_secs(), "stopping took too long");
        }
    }

    async fn stop(mut self) {
        self.end_requests().await;
        self.workers.stop.cancel();
        self.workers.tasks.close();
        self.core.post_office.close().await;
        self.end_workers().await;
        self.realtime.stop().await;
        self.core.store.close().await;
    }

    /// Waits for what the workers have begun, for their share of the grace: a mail that hangs must not keep the database from
    /// being closed. What is cut off is claimed again when its lease has ended.
    async fn end_workers(&self) {
        let patience = self.grace.mul_f64(SHARE_OF_WORKERS);
        if timeout(patience, self.workers.tasks.wait()).await.is_err() {
            tracing::warn!("deliveries that took too long were left for their next attempt");
        }
    }

    /// Ends requests and sockets, and aborts those that take more than their share of the grace: whoever does not read
    /// their answer must not keep the others' messages from being stored.
    async fn end_requests(&mut self) {
        self.accepting.cancel();
        let ending = async {
            tokio::join!(self.transport.drain(), self.files.drain());
            (&mut self.server).await
        };
        match timeout(self.grace.mul_f64(SHARE_OF_REQUESTS), ending).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::error!("the task that accepts connections had fallen"),
            Err(_) => {
                tracing::warn!("requests that took too long were aborted");
                self.server.abort();
            }
        }
    }
}
