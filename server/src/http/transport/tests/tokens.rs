//! The tokens that the toy server takes.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::http::transport::{
    Authenticate, AuthenticateError, Authenticated, BearerToken, PersonKey, SessionKey,
};

/// The name of the person whose token a request carried.
#[derive(Clone)]
pub(super) struct Viewer(pub(super) &'static str);

/// Tokens: the name of a person, after which `-short` makes it expire soon and `-elsewhere` is
/// another session; and the words `expired`, `down` and `broken`.
pub(super) fn authenticate(
    clock: Arc<Mutex<DateTime<Utc>>>,
    revoked: CancellationToken,
) -> Authenticate {
    Arc::new(move |credentials| {
        let now = *clock.lock().unwrap();
        let revoked = revoked.clone();
        async move {
            let token = credentials.token.as_ref().map(BearerToken::expose);
            let (name, person, session) = match token {
                None => {
                    return Ok(Authenticated {
                        attach: Arc::new(|request| request),
                        person: None,
                        session: None,
                        expires_at: None,
                        ended: CancellationToken::new(),
                    });
                }
                Some("ann" | "ann-short") => ("ann", 1, 1),
                Some("ann-elsewhere") => ("ann", 1, 2),
                Some("bob") => ("bob", 2, 3),
                Some("broken") => panic!("secret panic"),
                Some("expired") => return Err(AuthenticateError::Expired),
                Some("down") => return Err(AuthenticateError::Unavailable),
                Some(_) => return Err(AuthenticateError::InvalidToken),
            };
            let minutes = if token == Some("ann-short") { 1 } else { 60 };
            Ok(Authenticated {
                attach: Arc::new(move |request| request.data(Viewer(name))),
                person: Some(PersonKey(person)),
                session: Some(SessionKey(session)),
                expires_at: Some(now + TimeDelta::minutes(minutes)),
                ended: revoked,
            })
        }
        .boxed()
    })
}
