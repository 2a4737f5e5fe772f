//! Stopping, in the order in which things depend on each other.

use tokio::time::timeout;

use super::App;

/// The part of the grace that running requests have.
const SHARE_OF_REQUESTS: f64 = 0.5;

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
        self.workers.tasks.wait().await;
        self.realtime.stop().await;
        self.core.post_office.close().await;
        self.core.store.close().await;
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
