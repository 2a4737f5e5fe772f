//! Setting passwords.

use entity::{OrganizationId, PasswordHash, PersonId};
use sea_orm::ConnectionTrait;

use super::{
    password::{HashError, NewPassword, PasswordRefused},
    revoke,
};
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    secret::Secret,
    store::sql,
    throttle::{self, TooMany},
    viewer::Viewer,
};

/// Why a password is not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// The current password is another.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The link is none for setting a password, was used, or has run out.
    #[error("the link is not valid")]
    InvalidLink,
    /// The new password is not taken.
    #[error(transparent)]
    Password(#[from] PasswordRefused),
    /// The attempts are used up.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Too many others are signing in at this moment.
    #[error("the server is too busy")]
    Busy,
    /// The server failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<sea_orm::DbErr> for SetPasswordError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

impl From<HashError> for SetPasswordError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Fault(fault) => fault.into(),
        }
    }
}

/// Changes the viewer's own password, which ends their other sessions.
///
/// # Errors
/// See [`SetPasswordError`].
pub async fn change_password(
    core: &Core,
    viewer: &Viewer,
    current: &Secret,
    new: &Secret,
) -> Result<(), SetPasswordError> {
    let organization = viewer.organization();
    let person = viewer.person();
    throttle::count_confirmation(core, person).await??;
    let known = known(core.store.reader(), organization, person).await?;
    let hashes = known.hash.clone().into_iter().collect();
    let right = core.passwords.matches(current, hashes, 1).await?;
    let Some(old) = known.hash.filter(|_| right == [true]) else {
        return Err(SetPasswordError::WrongPassword);
    };
    throttle::give_back_confirmation(core, person).await?;
    let new = NewPassword::parse(new, &[&known.email, current.reveal()])?;
    let hash = core.passwords.hash(core, &new).await?;
    let mut change = Change::begin(core, organization).await?;
    if !replace(&change, person, &old, &hash).await? {
        return Err(SetPasswordError::WrongPassword);
    }
    revoke::revoke_others(&mut change, person, viewer.session()).await?;
    change.commit().await?;
    Ok(())
}

/// Sets a person's password. One statement.
///
/// # Errors
/// Any failure of the database.
pub(crate) async fn set(
    change: &Change,
    person: PersonId,
    hash: &PasswordHash,
) -> Result<(), Fault> {
    let tx = change.tx();
    tx.execute_raw(sql(
        tx,
        "insert into credential (organization_id, person_kind, person_id, password_hash, changed_at) values ($1, $2, $3, $4, $5) \
         on conflict (organization_id, person_kind, person_id) do update \
         set password_hash = excluded.password_hash, changed_at = excluded.changed_at",
        [
            change.organization().into(),
            person.kind().into(),
            person.uuid().into(),
            hash.clone().into(),
            change.now.into(),
        ],
    ))
    .await?;
    Ok(())
}

/// Replaces a hash, unless it was replaced meanwhile. The row stays locked until the commit, so that nobody signs in
/// with a password that is being changed. One statement.
pub(crate) async fn replace(
    change: &Change,
    person: PersonId,
    old: &PasswordHash,
    new: &PasswordHash,
) -> Result<bool, Fault> {
    let tx = change.tx();
    let replaced = tx
        .execute_raw(sql(
            tx,
            "update credential set password_hash = $5, changed_at = case when password_hash = $5 then changed_at else $6 end \
             where organization_id = $1 and person_kind = $2 and person_id = $3 and password_hash = $4",
            [
                change.organization().into(),
                person.kind().into(),
                person.uuid().into(),
                old.clone().into(),
                new.clone().into(),
                change.now.into(),
            ],
        ))
        .await?;
    Ok(replaced.rows_affected() == 1)
}

/// What is known of a person whose password is to be changed.
pub(super) struct Known {
    pub(super) email: String,
    pub(super) hash: Option<PasswordHash>,
}

/// What is known of a person. One statement.
pub(super) async fn known(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Known, Fault> {
    let table = match person {
        PersonId::Staff(_) => "staff_member",
        PersonId::Patient(_) => "patient",
    };
    let row = connection
        .query_one_raw(sql(
            connection,
            &format!(
                "select p.email_key, c.password_hash from {table} p left join credential c on c.organization_id = p.organization_id \
                 and c.person_kind = $3 and c.person_id = p.id where p.organization_id = $1 and p.id = $2"
            ),
            [
                organization.into(),
                person.uuid().into(),
                person.kind().into(),
            ],
        ))
        .await?
        .ok_or(Fault::Corrupt("person of a session"))?;
    let email: Option<String> = row.try_get("", "email_key")?;
    Ok(Known {
        email: email.unwrap_or_default(),
        hash: row.try_get("", "password_hash")?,
    })
}
