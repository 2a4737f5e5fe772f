//! `/healthz`: the process runs. `/readyz`: it can answer.

use std::time::Duration;

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use tokio::{sync::watch, time::timeout};

use crate::{
    domain::{
        attachments::ScannerState,
        store::{self, Store},
    },
    realtime::Realtime,
};

/// How long a part may take before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// Knows whom to ask.
#[derive(Clone)]
pub(crate) struct Health {
    store: Store,
    realtime: Realtime,
    scanner: watch::Receiver<ScannerState>,
}

impl Health {
    pub(crate) fn new(
        store: Store,
        realtime: Realtime,
        scanner: watch::Receiver<ScannerState>,
    ) -> Self {
        Self {
            store,
            realtime,
            scanner,
        }
    }

    async fn ready(&self) -> Response {
        let database = within(store::answers(&self.store)).await;
        let migrations = database && within(store::is_current(&self.store)).await;
        let broker = self.realtime.broker_is_healthy();
        let status = if database && migrations && broker {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        let word = |ok: bool| if ok { "ok" } else { "failing" };
        let body = json!({
            "status": word(status.is_success()),
            "database": word(database),
            "migrations": word(migrations),
            "broker": word(broker),
            "scanner": self.scanner(),
        });
        (status, Json(body)).into_response()
    }

    /// The malware scanner is told of and decides nothing: files wait for it, and everything else goes on.
    fn scanner(&self) -> &'static str {
        match *self.scanner.borrow() {
            ScannerState::None => "none",
            ScannerState::Unknown => "unknown",
            ScannerState::Answers => "ok",
            ScannerState::Away => "failing",
        }
    }
}

async fn within(check: impl Future<Output = bool>) -> bool {
    timeout(PATIENCE, check).await.unwrap_or(false)
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>(health: Health) -> Router<S> {
    Router::new()
        .route("/healthz", get(async || Json(json!({ "status": "ok" }))))
        .route("/readyz", get(async move || health.ready().await))
}
