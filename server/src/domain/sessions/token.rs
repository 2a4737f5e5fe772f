//! Access tokens: signed, short-lived, and holding ids only.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{OrganizationId, PersonId, PersonKind, SessionId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{
    core::Core,
    fault::Fault,
    secret::{KeyPurpose, Secret},
};

/// What an access token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// The tenant.
    pub organization: OrganizationId,
    /// Who signed in.
    pub person: PersonId,
    /// On which device.
    pub session: SessionId,
    /// From then on the token is worth nothing.
    pub expires_at: DateTime<Utc>,
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this server.
    #[error("the access token is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the access token has expired")]
    Expired,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    org: OrganizationId,
    kind: PersonKind,
    sub: Uuid,
    sid: SessionId,
    /// Seconds since 1970.
    exp: i64,
}

/// Signs an access token (HS256) that is worth something for `lifetime`.
///
/// # Errors
/// [`Fault::Crypto`] when signing fails.
pub fn issue_access_token(
    core: &Core,
    organization: OrganizationId,
    person: PersonId,
    session: SessionId,
    lifetime: TimeDelta,
) -> Result<(Secret, DateTime<Utc>), Fault> {
    let exp = (core.clock.now() + lifetime).timestamp();
    let claims = Claims {
        org: organization,
        kind: person.kind(),
        sub: person.uuid(),
        sid: session,
        exp,
    };
    let key = EncodingKey::from_secret(&core.secret.key(KeyPurpose::AccessToken));
    let token = encode(&Header::new(Algorithm::HS256), &claims, &key)
        .map_err(|_| Fault::Crypto("access token"))?;
    let expires_at = DateTime::from_timestamp(exp, 0).ok_or(Fault::Crypto("access token"))?;
    Ok((Secret::new(token), expires_at))
}

/// Checks signature and time; asks no database.
///
/// # Errors
/// See [`TokenError`].
pub fn verify_access_token(core: &Core, token: &Secret) -> Result<AccessClaims, TokenError> {
    let key = DecodingKey::from_secret(&core.secret.key(KeyPurpose::AccessToken));
    let mut validation = Validation::new(Algorithm::HS256);
    // Time is checked below, by the clock that everything else goes by.
    validation.validate_exp = false;
    let claims = decode::<Claims>(token.reveal(), &key, &validation)
        .map_err(|_| TokenError::Invalid)?
        .claims;
    let expires_at = DateTime::from_timestamp(claims.exp, 0).ok_or(TokenError::Invalid)?;
    if expires_at <= core.clock.now() {
        return Err(TokenError::Expired);
    }
    Ok(AccessClaims {
        organization: claims.org,
        person: PersonId::from_columns(claims.kind, claims.sub),
        session: claims.sid,
        expires_at,
    })
}
