//! Who sends a request that is not GraphQL.

use axum::http::HeaderMap;

use super::transport::header_token;
use crate::domain::{
    core::Core,
    fault::Fault,
    secret::Secret,
    sessions::{self, SessionError},
    viewer::Viewer,
};

/// Why nobody is known to send a request.
#[derive(Debug)]
pub(super) enum NotSignedIn {
    /// There is no valid token, or its session has ended.
    Unauthenticated,
    /// It cannot be told now.
    Fault(Fault),
}

/// The viewer of a request by its bearer token. One statement.
pub(super) async fn viewer(core: &Core, headers: &HeaderMap) -> Result<Viewer, NotSignedIn> {
    let token = header_token(headers)
        .ok()
        .flatten()
        .ok_or(NotSignedIn::Unauthenticated)?;
    let claims = sessions::verify_access_token(core, &Secret::new(token.expose()))
        .map_err(|_| NotSignedIn::Unauthenticated)?;
    sessions::viewer(core, &claims)
        .await
        .map_err(|error| match error {
            SessionError::Ended => NotSignedIn::Unauthenticated,
            SessionError::Fault(fault) => NotSignedIn::Fault(fault),
        })
}
