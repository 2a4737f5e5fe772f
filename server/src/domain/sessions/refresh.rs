//! Exchanging a refresh token for the next pair of tokens.

use entity::{OrganizationId, PersonId, SessionId};
use sea_orm::ConnectionTrait as _;

use super::{
    account,
    open::{self, OpenedSession, REFRESH_TOKEN_LIFETIME, organization_of, session_ended},
};
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    secret::{Secret, sha256},
    store::sql,
};

/// Why a refresh token gets nothing.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// It is none, has run out, was used before, or its session has ended.
    #[error("the refresh token is not valid")]
    Invalid,
    /// Asking the database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<sea_orm::DbErr> for RefreshError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

/// Exchanges a refresh token, which is worth nothing afterwards.
///
/// A token that was used before has been copied: by a thief, or by the owner after a thief. Nobody can tell which, so
/// the whole session ends. This holds for two exchanges at the same moment too: exactly one gets tokens, and the other
/// ends the session. At most six statements and the commit.
///
/// # Errors
/// See [`RefreshError`].
pub async fn refresh(core: &Core, token: &Secret) -> Result<OpenedSession, RefreshError> {
    let organization = organization_of(token).ok_or(RefreshError::Invalid)?;
    let hash = sha256(token.reveal().as_bytes()).to_vec();
    if !is_known(core, organization, &hash).await? {
        return Err(RefreshError::Invalid);
    }
    let mut change = Change::begin(core, organization).await?;
    let Some(session) = spend(&change, &hash).await? else {
        end_session_of(&mut change, &hash).await?;
        change.commit().await?;
        return Err(RefreshError::Invalid);
    };
    let person = prolong(&change, session)
        .await?
        .ok_or(RefreshError::Invalid)?;
    if !account::is_let_in(change.tx(), organization, person).await? {
        return Err(RefreshError::Invalid);
    }
    let opened = open::issue(core, &change, person, session).await?;
    change.commit().await?;
    Ok(opened)
}

/// Whether such a token was ever given out, so that garbage costs no transaction. One statement.
async fn is_known(core: &Core, organization: OrganizationId, hash: &[u8]) -> Result<bool, Fault> {
    let connection = core.store.reader();
    let row = connection
        .query_one_raw(sql(
            connection,
            "select 1 from refresh_token where organization_id = $1 and token_hash = $2",
            [organization.into(), hash.into()],
        ))
        .await?;
    Ok(row.is_some())
}

/// Marks a token as used, if nobody has before. One statement.
async fn spend(change: &Change, hash: &[u8]) -> Result<Option<SessionId>, Fault> {
    let tx = change.tx();
    let row = tx
        .query_one_raw(sql(
            tx,
            "update refresh_token set used_at = $3 where organization_id = $1 and token_hash = $2 and used_at is null \
             and created_at > $4 returning session_id",
            [
                change.organization().into(),
                hash.into(),
                change.now.into(),
                (change.now - REFRESH_TOKEN_LIFETIME).into(),
            ],
        ))
        .await?;
    Ok(row.map(|row| row.try_get("", "session_id")).transpose()?)
}

/// Keeps an open session open; tells whose it is. One statement.
async fn prolong(change: &Change, session: SessionId) -> Result<Option<PersonId>, Fault> {
    let tx = change.tx();
    let row = tx
        .query_one_raw(sql(
            tx,
            "update session set expires_at = $4 where organization_id = $1 and id = $2 and revoked_at is null and expires_at > $3 \
             returning person_kind, person_id",
            [
                change.organization().into(),
                session.into(),
                change.now.into(),
                (change.now + REFRESH_TOKEN_LIFETIME).into(),
            ],
        ))
        .await?;
    row.as_ref().map(account::person).transpose()
}

/// Ends the session of a token that was used before. One statement.
async fn end_session_of(change: &mut Change, hash: &[u8]) -> Result<(), Fault> {
    let tx = change.tx();
    let row = tx
        .query_one_raw(sql(
            tx,
            "update session set revoked_at = $3 where organization_id = $1 and revoked_at is null and id = \
             (select r.session_id from refresh_token r where r.organization_id = $1 and r.token_hash = $2 and r.used_at is not null) \
             returning id, person_kind, person_id",
            [change.organization().into(), hash.into(), change.now.into()],
        ))
        .await?;
    if let Some(row) = row {
        let session = row.try_get("", "id")?;
        change.record(session_ended(account::person(&row)?, session));
        tracing::warn!(
            organization.id = %change.organization().0,
            session.id = %SessionId::to_public(session),
            "a used refresh token came back; its session was ended"
        );
    }
    Ok(())
}
