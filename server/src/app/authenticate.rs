//! From bearer tokens to callers.

use std::sync::Arc;

use async_graphql::Request;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        core::Core,
        secret::Secret,
        sessions::{self, AccessClaims, SessionError, TokenError},
        source::Source,
    },
    graphql::context::{Caller, Connection, Renew, RenewRefused},
    http::transport::{
        Attach, Authenticate, AuthenticateError, Authenticated, BearerToken, Connect,
        ConnectionAuth, Credentials, PersonKey, RenewError, SessionKey,
    },
    realtime::Realtime,
};

/// Takes access tokens. What lasts longer than one answer is watched, and ends when its session is revoked.
pub(super) fn by_access_token(core: Core, realtime: Realtime) -> Authenticate {
    Arc::new(move |credentials: Credentials| {
        let (core, realtime) = (core.clone(), realtime.clone());
        async move {
            let Some(token) = &credentials.token else {
                return Ok(anonymous(credentials.source));
            };
            let claims = sessions::verify_access_token(&core, &Secret::new(token.expose()))
                .map_err(|error| match error {
                    TokenError::Invalid => AuthenticateError::InvalidToken,
                    TokenError::Expired => AuthenticateError::Expired,
                })?;
            if credentials.lasting {
                watched(&core, &realtime, claims, credentials.source).await
            } else {
                // The first resolver that asks who calls also asks whether the session is still open.
                let attach = caller(Some(claims), credentials.source);
                Ok(signed_in(claims, CancellationToken::new(), attach))
            }
        }
        .boxed()
    })
}

fn anonymous(source: Source) -> Authenticated {
    Authenticated {
        attach: caller(None, source),
        person: None,
        session: None,
        expires_at: None,
        ended: CancellationToken::new(),
    }
}

fn signed_in(claims: AccessClaims, ended: CancellationToken, attach: Attach) -> Authenticated {
    Authenticated {
        attach,
        person: Some(PersonKey(claims.person.uuid().as_u128())),
        session: Some(SessionKey(claims.session.0.as_u128())),
        expires_at: Some(claims.expires_at),
        ended,
    }
}

fn caller(claims: Option<AccessClaims>, source: Source) -> Attach {
    Arc::new(move |request: Request| request.data(Caller::new(claims)).data(source))
}

/// Watches the session before asking whether it is open, so that no revocation falls between the two.
async fn watched(
    core: &Core,
    realtime: &Realtime,
    claims: AccessClaims,
    source: Source,
) -> Result<Authenticated, AuthenticateError> {
    let guard = realtime
        .watch_session(claims.organization, claims.person, claims.session)
        .await
        .map_err(|_| AuthenticateError::Unavailable)?;
    sessions::viewer(core, &claims)
        .await
        .map_err(|error| match error {
            SessionError::Ended => AuthenticateError::InvalidToken,
            SessionError::Fault(fault) => {
                tracing::error!(error.class = fault.class(), "asking for a session failed");
                AuthenticateError::Unavailable
            }
        })?;
    let ended = guard.ended().clone();
    // The watch lasts as long as the connection holds on to what its operations are given.
    let attach = caller(Some(claims), source);
    let attach: Attach = Arc::new(move |request: Request| {
        let _watch = &guard;
        attach(request)
    });
    Ok(signed_in(claims, ended, attach))
}

/// Lets operations of a connection give it a fresh token.
pub(super) fn renewing() -> Connect {
    Arc::new(|request: Request, auth: Arc<ConnectionAuth>| {
        let renew: Arc<Renew> = Arc::new(move |token: Secret| {
            let auth = Arc::clone(&auth);
            async move { renew(&auth, &token).await }.boxed()
        });
        request.data(Connection(renew))
    })
}

async fn renew(auth: &ConnectionAuth, token: &Secret) -> Result<DateTime<Utc>, RenewRefused> {
    let renewed = auth.renew(BearerToken::new(token.reveal())).await;
    match renewed {
        Ok(expires_at) => expires_at.ok_or(RenewRefused::InvalidToken),
        Err(RenewError::DifferentSession) => Err(RenewRefused::DifferentSession),
        Err(RenewError::Refused(AuthenticateError::InvalidToken | AuthenticateError::Expired)) => {
            Err(RenewRefused::InvalidToken)
        }
        Err(RenewError::Refused(AuthenticateError::Unavailable)) => Err(RenewRefused::Unavailable),
    }
}
