//! How far the opening of a connection has come.

use std::{future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::time::{Instant, timeout};

use super::ending::Ending;
use crate::http::transport::{
    close_code::CloseCode,
    credentials::{AuthenticateError, Authenticated, ConnectionAuth},
};

/// A token that is being checked.
type Authenticating = BoxFuture<'static, Result<Authenticated, Ending>>;

/// Before and after the acknowledgement.
pub(super) enum Phase {
    /// Waits for `connection_init`.
    Opened { until: Instant },
    /// The token is being checked.
    Authenticating(Authenticating),
    /// Acknowledged.
    Ready(Arc<ConnectionAuth>),
}

/// What happens to a phase by itself.
pub(super) enum Change {
    Authenticated(Result<Authenticated, Ending>),
    Renewed,
}

impl Phase {
    /// Waits for the check of the token to end, or for the credentials to be renewed.
    pub(super) async fn change(&mut self) -> Change {
        match self {
            Self::Opened { .. } => future::pending().await,
            Self::Authenticating(checked) => Change::Authenticated(checked.await),
            Self::Ready(auth) => {
                auth.changed().await;
                Change::Renewed
            }
        }
    }
}

/// Waits for the check of a token, but not for ever.
pub(super) async fn check(
    checked: BoxFuture<'static, Result<Authenticated, AuthenticateError>>,
    patience: Duration,
) -> Result<Authenticated, Ending> {
    let checked = AssertUnwindSafe(timeout(patience, checked)).catch_unwind();
    match checked.await {
        Ok(Ok(authenticated)) => authenticated.map_err(Ending::from),
        Ok(Err(_)) => Err(AuthenticateError::Unavailable.into()),
        Err(_) => {
            tracing::error!("the check of a token panicked");
            Err(Ending::close(CloseCode::Internal, "Internal error"))
        }
    }
}
