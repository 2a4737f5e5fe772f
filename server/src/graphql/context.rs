//! What resolvers find in their context.

use std::sync::Arc;

use async_graphql::Context;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use super::error::{ApiError, ApiResult};
use crate::domain::{
    budget::Budget,
    core::Core,
    secret::Secret,
    sessions::{self, AccessClaims},
    source::Source,
    viewer::Viewer,
};
use crate::realtime::Realtime;

/// Who calls, by a token whose signature was checked. One for each operation: whether the session is still open is asked
/// once, when the first resolver wants to know. A subscription, which may last for hours, asks again whenever access may
/// have changed, and all of its resolvers see the newest answer. Cheap to clone.
#[derive(Clone)]
pub struct Caller {
    claims: Option<AccessClaims>,
    /// The lock is held while the viewer is loaded, so that resolvers which ask at once load it once.
    viewer: Arc<Mutex<Option<Arc<Viewer>>>>,
}

impl Caller {
    /// A caller with a verified token, or without one.
    #[must_use]
    pub fn new(claims: Option<AccessClaims>) -> Self {
        Self {
            claims,
            viewer: Arc::default(),
        }
    }

    /// What the caller's token says.
    ///
    /// # Errors
    /// [`ApiError::Unauthenticated`] when nobody is signed in.
    pub fn claims(&self) -> ApiResult<AccessClaims> {
        self.claims.ok_or(ApiError::Unauthenticated)
    }

    /// Who asks: one statement the first time, none from then on.
    ///
    /// # Errors
    /// [`ApiError::Unauthenticated`] when nobody is signed in or the session has ended.
    pub async fn viewer(&self, core: &Core) -> ApiResult<Arc<Viewer>> {
        let mut viewer = self.viewer.lock().await;
        if let Some(viewer) = &*viewer {
            return Ok(Arc::clone(viewer));
        }
        let loaded = Arc::new(sessions::viewer(core, &self.claims()?).await?);
        *viewer = Some(Arc::clone(&loaded));
        Ok(loaded)
    }

    /// Who asks, as of now, for whatever is resolved from now on. One statement.
    ///
    /// # Errors
    /// [`ApiError::Unauthenticated`] when nobody is signed in or the session has ended.
    pub async fn viewer_again(&self, core: &Core) -> ApiResult<Arc<Viewer>> {
        let loaded = Arc::new(sessions::viewer(core, &self.claims()?).await?);
        *self.viewer.lock().await = Some(Arc::clone(&loaded));
        Ok(loaded)
    }
}

/// The live connection over which an operation came.
#[derive(Clone)]
pub struct Connection(pub Arc<Renew>);

/// Gives a connection a fresh token and tells when it expires.
pub type Renew =
    dyn Fn(Secret) -> BoxFuture<'static, Result<DateTime<Utc>, RenewRefused>> + Send + Sync;

/// Why a connection keeps its old token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenewRefused {
    /// The new token is not valid or has expired.
    #[error("the access token is not valid")]
    InvalidToken,
    /// The new token is of another session.
    #[error("the access token belongs to another session")]
    DifferentSession,
    /// It cannot be told now.
    #[error("the access token cannot be checked now")]
    Unavailable,
}

/// Shortcuts for resolvers.
pub trait ContextExt {
    /// The domain's surroundings.
    fn core(&self) -> &Core;

    /// The live side of this node.
    fn realtime(&self) -> &Realtime;

    /// Who calls.
    fn caller(&self) -> &Caller;

    /// Where the request comes from, behind trusted proxies where the client is.
    fn source(&self) -> Source;

    /// How much text the answer may still hold.
    fn budget(&self) -> &Budget;

    /// Who asks. One statement for each operation.
    ///
    /// # Errors
    /// [`ApiError::Unauthenticated`] when nobody is signed in or the session has ended.
    fn viewer(&self) -> impl Future<Output = ApiResult<Arc<Viewer>>> + Send;
}

impl ContextExt for Context<'_> {
    fn core(&self) -> &Core {
        self.data_unchecked::<Core>()
    }

    fn realtime(&self) -> &Realtime {
        self.data_unchecked::<Realtime>()
    }

    fn caller(&self) -> &Caller {
        self.data_unchecked::<Caller>()
    }

    fn source(&self) -> Source {
        *self.data_unchecked::<Source>()
    }

    fn budget(&self) -> &Budget {
        self.data_unchecked::<Budget>()
    }

    async fn viewer(&self) -> ApiResult<Arc<Viewer>> {
        self.caller().viewer(self.core()).await
    }
}
