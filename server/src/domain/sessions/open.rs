//! Opening a session, and what the device that opened it gets.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{EventKind, OrganizationId, PersonId, SessionId};
use sea_orm::ConnectionTrait as _;
use uuid::Uuid;

use super::token::issue_access_token;
use crate::domain::{
    core::Core,
    event_log::{Change, NewEvent},
    fault::Fault,
    secret::{Secret, sha256},
    store::sql,
};

/// How long an access token is worth something.
pub const ACCESS_TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// How long a refresh token is worth something, and so how long a device may be silent before its session ends.
pub const REFRESH_TOKEN_LIFETIME: TimeDelta = TimeDelta::days(30);
/// How many devices one person may have signed in; one more ends the session that was opened first.
pub const MAX_SESSIONS: i64 = 20;

/// What a device holds to stay signed in.
#[derive(Clone, Debug)]
pub struct OpenedSession {
    /// The session.
    pub session: SessionId,
    /// Who signed in.
    pub person: PersonId,
    /// For the next minutes.
    pub access_token: Secret,
    /// From then on the access token is worth nothing.
    pub access_token_expires_at: DateTime<Utc>,
    /// Gets the next pair of tokens, once.
    pub refresh_token: Secret,
    /// From then on the refresh token is worth nothing.
    pub refresh_token_expires_at: DateTime<Utc>,
}

/// Opens a session. Three statements.
pub(crate) async fn open(
    core: &Core,
    change: &mut Change,
    person: PersonId,
) -> Result<OpenedSession, Fault> {
    let session = SessionId(core.entropy.uuid(change.now));
    let tx = change.tx();
    tx.execute_raw(sql(
        tx,
        "insert into session (organization_id, id, person_kind, person_id, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)",
        [
            change.organization().into(),
            session.into(),
            person.kind().into(),
            person.uuid().into(),
            change.now.into(),
            (change.now + REFRESH_TOKEN_LIFETIME).into(),
        ],
    ))
    .await?;
    end_oldest(change, person, session).await?;
    issue(core, change, person, session).await
}

/// The next pair of tokens of a session. One statement.
pub(crate) async fn issue(
    core: &Core,
    change: &Change,
    person: PersonId,
    session: SessionId,
) -> Result<OpenedSession, Fault> {
    let organization = change.organization();
    let refresh_token = refresh_token(organization, core.entropy.bytes());
    let tx = change.tx();
    tx.execute_raw(sql(
        tx,
        "insert into refresh_token (organization_id, token_hash, session_id, created_at) values ($1, $2, $3, $4)",
        [
            organization.into(),
            sha256(refresh_token.reveal().as_bytes()).to_vec().into(),
            session.into(),
            change.now.into(),
        ],
    ))
    .await?;
    let (access_token, access_token_expires_at) =
        issue_access_token(core, organization, person, session, ACCESS_TOKEN_LIFETIME)?;
    Ok(OpenedSession {
        session,
        person,
        access_token,
        access_token_expires_at,
        refresh_token,
        refresh_token_expires_at: change.now + REFRESH_TOKEN_LIFETIME,
    })
}

/// A refresh token names the tenant, whose tables it is looked up in, and is random beyond that.
fn refresh_token(organization: OrganizationId, random: [u8; 32]) -> Secret {
    let mut bytes = organization.0.as_bytes().to_vec();
    bytes.extend_from_slice(&random);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// The tenant of a refresh token. `None` for what is none.
pub(crate) fn organization_of(refresh_token: &Secret) -> Option<OrganizationId> {
    let bytes = URL_SAFE_NO_PAD.decode(refresh_token.reveal()).ok()?;
    let (organization, random) = bytes.split_at_checked(16)?;
    (random.len() == 32).then_some(())?;
    Uuid::from_slice(organization).ok().map(OrganizationId)
}

async fn end_oldest(change: &mut Change, person: PersonId, newest: SessionId) -> Result<(), Fault> {
    let tx = change.tx();
    let ended = tx
        .query_all_raw(sql(
            tx,
            "update session set revoked_at = $4 where organization_id = $1 and id in \
             (select s.id from session s where s.organization_id = $1 and s.person_kind = $2 and s.person_id = $3 \
             and s.revoked_at is null and s.expires_at > $4 and s.id <> $5 order by s.created_at desc, s.id desc limit 1000 offset $6) \
             returning id",
            [
                change.organization().into(),
                person.kind().into(),
                person.uuid().into(),
                change.now.into(),
                newest.into(),
                (MAX_SESSIONS - 1).into(),
            ],
        ))
        .await?;
    for row in ended {
        let session = row.try_get("", "id")?;
        change.record(session_ended(person, session));
    }
    Ok(())
}

/// The event of one session's end.
pub(crate) fn session_ended(person: PersonId, session: SessionId) -> NewEvent {
    let mut event = NewEvent::new(EventKind::SessionRevoked).about(person);
    event.session = Some(session);
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_names_its_tenant() {
        let organization = OrganizationId(Uuid::from_u128(9));
        assert_eq!(
            organization_of(&refresh_token(organization, [1; 32])),
            Some(organization)
        );
        for garbage in ["", "x", "AAAA", "ä"] {
            assert_eq!(organization_of(&Secret::new(garbage)), None);
        }
    }
}
