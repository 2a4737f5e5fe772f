//! From a bearer token to what an operation carries.

use std::{net::IpAddr, sync::Arc};

use async_graphql::Request;
use tokio_util::sync::CancellationToken;

use super::transport::{
    Attach, Authenticate, AuthenticateError, Authenticated, Credentials, PersonKey, Source,
};
use crate::{
    domain::{
        core::Core,
        secret::Secret,
        sessions::{self, AccessClaims, SessionError, TokenError},
    },
    graphql::context::Caller,
    realtime::{Realtime, SessionGuard},
};

/// Checks tokens for the transports. A request costs no statement here: whether its session is still open is asked when
/// the first resolver wants to know. A connection is asked at once, and ends when its session is revoked.
pub fn authenticate(core: Core, realtime: Realtime) -> Authenticate {
    Arc::new(move |credentials: Credentials| {
        let (core, realtime) = (core.clone(), realtime.clone());
        Box::pin(async move { check(&core, &realtime, credentials).await })
    })
}

async fn check(
    core: &Core,
    realtime: &Realtime,
    credentials: Credentials,
) -> Result<Authenticated, AuthenticateError> {
    let Some(token) = credentials.token else {
        return Ok(authenticated(None, None, credentials.source));
    };
    let claims =
        sessions::verify_access_token(core, &Secret::new(token.expose())).map_err(|error| {
            match error {
                TokenError::Invalid => AuthenticateError::InvalidToken,
                TokenError::Expired => AuthenticateError::Expired,
            }
        })?;
    let guard = if credentials.lasting {
        Some(watch(core, realtime, &claims).await?)
    } else {
        None
    };
    Ok(authenticated(Some(claims), guard, credentials.source))
}

/// Watches the session first and looks at it then, so that a revocation in between is not missed.
async fn watch(
    core: &Core,
    realtime: &Realtime,
    claims: &AccessClaims,
) -> Result<SessionGuard, AuthenticateError> {
    let guard = realtime
        .watch_session(claims.organization, claims.person, claims.session)
        .await
        .map_err(|_| AuthenticateError::Unavailable)?;
    match sessions::viewer(core, claims).await {
        Ok(_) => Ok(guard),
        Err(SessionError::Ended) => Err(AuthenticateError::InvalidToken),
        Err(SessionError::Fault(fault)) => {
            tracing::warn!(error.class = fault.class(), "checking a session failed");
            Err(AuthenticateError::Unavailable)
        }
    }
}

fn authenticated(
    claims: Option<AccessClaims>,
    guard: Option<SessionGuard>,
    source: IpAddr,
) -> Authenticated {
    let ended = guard
        .as_ref()
        .map_or_else(CancellationToken::new, |guard| guard.ended().clone());
    // The guard lives as long as the connection that attaches with it.
    let guard = guard.map(Arc::new);
    let attach: Attach = Arc::new(move |request: Request| {
        let _watching = &guard;
        request.data(Caller::new(claims)).data(Source(source))
    });
    Authenticated {
        attach,
        person: claims.map(|claims| PersonKey(claims.person.uuid().as_u128())),
        expires_at: claims.map(|claims| claims.expires_at),
        ended,
    }
}
