//! Who sends a request, and until when it counts.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_graphql::Request;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use thiserror::Error;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::domain::source::Source;

/// The least time between two looks at an expiry.
const SHORTEST_LOOK: Duration = Duration::from_millis(50);

/// A bearer token. It prints as a placeholder, so that it cannot end in a log by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken(String);

impl BearerToken {
    /// Takes the token itself, without the word `Bearer`.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token, for the one place that verifies it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Reads `Bearer …`, the scheme in any case.
    pub(super) fn from_header(value: &str) -> Option<Self> {
        let (scheme, token) = value.trim().split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Self::new(token))
    }

    /// Reads `Bearer …`, or the bare token where a message has a member of its own for it.
    pub(super) fn from_member(value: &str) -> Option<Self> {
        let value = value.trim();
        if value.is_empty() {
            None
        } else if value.contains(' ') {
            Self::from_header(value)
        } else {
            Some(Self::new(value))
        }
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(…)")
    }
}

/// What a request shows of its sender.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The token, or nothing for an anonymous request.
    pub token: Option<BearerToken>,
    /// Where the request comes from.
    pub source: Source,
    /// Whether something may come of it that lasts longer than one answer, and so must end when the session is revoked.
    pub lasting: bool,
}

/// An opaque key that tells persons apart, for the limit of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PersonKey(pub u128);

/// An opaque key that tells sessions apart, so that a connection stays with its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionKey(pub u128);

/// Puts into a request what its resolvers need: the viewer, loaders of its own.
pub type Attach = Arc<dyn Fn(Request) -> Request + Send + Sync>;

/// A sender whose credentials were accepted.
#[derive(Clone)]
pub struct Authenticated {
    /// Called for each operation, also for those of one connection.
    pub attach: Attach,
    /// Whose connection it is; nothing for an anonymous one.
    pub person: Option<PersonKey>,
    /// Of which session the token is; nothing for an anonymous one.
    pub session: Option<SessionKey>,
    /// When the credentials expire. A connection that is not renewed ends then.
    pub expires_at: Option<DateTime<Utc>>,
    /// Cancelled when the session is revoked.
    pub ended: CancellationToken,
}

impl Authenticated {
    /// Whether the credentials still count.
    pub(super) fn is_valid(&self, now: DateTime<Utc>) -> bool {
        !self.ended.is_cancelled() && self.expires_at.is_none_or(|at| now < at)
    }

    /// How long to wait before the expiry is looked at again. Never nothing, so that a clock which
    /// stands still does not make its reader spin.
    pub(super) fn time_left(&self, now: DateTime<Utc>) -> Option<Duration> {
        let left = (self.expires_at? - now).to_std().unwrap_or_default();
        Some(left.max(SHORTEST_LOOK))
    }
}

impl fmt::Debug for Authenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticated")
            .field("person", &self.person)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Why credentials are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AuthenticateError {
    /// The token is not one of ours, or its session has ended.
    #[error("The access token is not valid.")]
    InvalidToken,
    /// The token was valid once.
    #[error("The access token has expired.")]
    Expired,
    /// It cannot be told now.
    #[error("Sign-in cannot be checked at the moment.")]
    Unavailable,
}

/// Turns credentials into what a request carries.
pub type Authenticate = Arc<
    dyn Fn(Credentials) -> BoxFuture<'static, Result<Authenticated, AuthenticateError>>
        + Send
        + Sync,
>;

/// Puts into an operation of a live connection the means to renew the connection's credentials.
pub type Connect = Arc<dyn Fn(Request, Arc<ConnectionAuth>) -> Request + Send + Sync>;

/// The credentials of a live WebSocket connection.
pub struct ConnectionAuth {
    authenticate: Authenticate,
    source: Source,
    current: Mutex<Authenticated>,
    changed: Notify,
}

/// Why a live connection keeps its old credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RenewError {
    /// The new token is refused.
    #[error(transparent)]
    Refused(#[from] AuthenticateError),
    /// The new token is of another session.
    #[error("The access token belongs to another session.")]
    DifferentSession,
}

impl ConnectionAuth {
    pub(super) fn new(
        authenticate: Authenticate,
        source: Source,
        authenticated: Authenticated,
    ) -> Self {
        Self {
            authenticate,
            source,
            current: Mutex::new(authenticated),
            changed: Notify::new(),
        }
    }

    /// Gives the connection a fresh token of its session; operations that run go on. Answers when
    /// the new credentials expire. A token of another session is not taken, be it of the same
    /// person: whoever ends a session must find its connections under it.
    pub async fn renew(&self, token: BearerToken) -> Result<Option<DateTime<Utc>>, RenewError> {
        let fresh = (self.authenticate)(Credentials {
            token: Some(token),
            source: self.source,
            lasting: true,
        })
        .await?;
        let expires_at = fresh.expires_at;
        {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            if fresh.session != current.session {
                return Err(RenewError::DifferentSession);
            }
            *current = fresh;
        }
        self.changed.notify_one();
        Ok(expires_at)
    }

    /// The credentials as they are now.
    pub(super) fn current(&self) -> Authenticated {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Time left of the current credentials, see [`Authenticated::time_left`].
    pub(super) fn time_left(&self, now: DateTime<Utc>) -> Option<Duration> {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .time_left(now)
    }

    /// Whether the connection may go on.
    pub(super) fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_valid(now)
    }

    /// Waits until the credentials are renewed.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}
