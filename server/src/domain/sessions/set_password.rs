//! Setting passwords: one's own, and by a link that was sent to one's address.

use std::net::IpAddr;

use chrono::TimeDelta;
use entity::{
    Channel, LinkId, NotificationId, NotificationPurpose, NotificationStatus, OrganizationId,
    PasswordHash, PersonId, PersonKind, StaffId, link,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use uuid::Uuid;

use super::{
    account::{self, slug},
    codes::clinic,
    contact::email_key,
    password::{HashError, NewPassword, PasswordRefused},
    revoke,
};
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    links,
    policy::{AsAdministrator, Denied},
    secret::Secret,
    store::sql,
    throttle::{self, Attempt, TooMany},
    viewer::Viewer,
};

/// How long a link for a forgotten password is worth something. One in an invitation lasts as long as other links.
pub const RESET_LIFETIME: TimeDelta = TimeDelta::hours(1);

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
    let attempt = Attempt::Confirm(person);
    throttle::count(core, core.store.writer(), attempt).await??;
    let known = known(core.store.reader(), organization, person).await?;
    let hashes = known.hash.clone().into_iter().collect();
    let right = core.passwords.matches(current, hashes, 1).await?;
    let Some(old) = known.hash.filter(|_| right == [true]) else {
        return Err(SetPasswordError::WrongPassword);
    };
    throttle::give_back(core, attempt).await?;
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

/// Sends a staff member a link for setting their first password, or another one. Two statements and the commit.
///
/// # Errors
/// [`Denied::NotFound`] when there is no such active staff member.
pub async fn invite_staff_member(
    core: &Core,
    administrator: &AsAdministrator,
    staff: StaffId,
) -> Result<(), Denied> {
    let organization = administrator.organization();
    let tx = core.store.begin().await?;
    if !account::is_let_in(&tx, organization, PersonId::Staff(staff)).await? {
        return Err(Denied::NotFound);
    }
    send_link(
        core,
        &tx,
        organization,
        staff,
        NotificationPurpose::Invitation,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Sends a staff member who forgot their password a link for setting a new one, if there is one with this address. The
/// answer is the same if there is none, and so are the statements: six and the commit. Patients sign in with a code
/// instead, and can set a password with it.
///
/// # Errors
/// [`SetPasswordError::TooMany`] and faults; never whether the address is known.
pub async fn request_password_reset(
    core: &Core,
    organization: &str,
    email: &Secret,
    source: IpAddr,
) -> Result<(), SetPasswordError> {
    let organization = slug(organization);
    let email = email_key(email.reveal());
    let clinic = clinic(core, &organization).await?;
    let tx = core.store.begin().await?;
    let attempts = [
        Attempt::FromSource(source),
        Attempt::Send {
            organization: &organization,
            contact: &email,
        },
    ];
    for attempt in attempts {
        if let Err(too_many) = throttle::count(core, &tx, attempt).await? {
            tx.commit().await?;
            return Err(too_many.into());
        }
    }
    let row = tx
        .query_one_raw(sql(
            &tx,
            "select id from staff_member where organization_id = $1 and email_key = $2 and status = 'ACTIVE'",
            [clinic.id.into(), email.into()],
        ))
        .await?;
    let staff = match row {
        Some(row) => row.try_get("", "id")?,
        None => StaffId(Uuid::nil()),
    };
    send_link(
        core,
        &tx,
        clinic.id,
        staff,
        NotificationPurpose::PasswordReset,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Sets a staff member's password by a link that was sent to them. It ends their sessions, uses up all links of this
/// kind, and signs nobody in.
///
/// # Errors
/// See [`SetPasswordError`].
pub async fn set_password_by_link(
    core: &Core,
    token: &Secret,
    new: &Secret,
) -> Result<(), SetPasswordError> {
    let link = links::find(core, token)
        .await?
        .filter(|link| is_for_password(link, core.clock.now()))
        .ok_or(SetPasswordError::InvalidLink)?;
    let organization = link.organization_id;
    let person = PersonId::from_columns(link.person_kind, link.person_id);
    let known = known(core.store.reader(), organization, person).await?;
    let new = NewPassword::parse(new, &[&known.email])?;
    let hash = core.passwords.hash(core, &new).await?;
    let mut change = Change::begin(core, organization).await?;
    let used = use_up(change.tx(), organization, person, link.id).await?;
    if !used || !account::is_let_in(change.tx(), organization, person).await? {
        return Err(SetPasswordError::InvalidLink);
    }
    set(&change, person, &hash).await?;
    revoke::revoke_all(&mut change, person).await?;
    change.commit().await?;
    Ok(())
}

fn is_for_password(link: &link::Model, now: chrono::DateTime<chrono::Utc>) -> bool {
    let purpose = match link.purpose {
        NotificationPurpose::Invitation => true,
        NotificationPurpose::PasswordReset => link.created_at + RESET_LIFETIME > now,
        NotificationPurpose::NewPatientMessage
        | NotificationPurpose::UnreadReminder
        | NotificationPurpose::NewClinicMessage
        | NotificationPurpose::SignInCode => false,
    };
    purpose && link.person_kind == PersonKind::Staff
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
struct Known {
    email: String,
    hash: Option<PasswordHash>,
}

/// One statement.
async fn known(
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

/// Uses up a link, and with it all others for setting this person's password; tells whether it was still there. Two
/// statements.
async fn use_up(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    person: PersonId,
    link: LinkId,
) -> Result<bool, Fault> {
    let used = tx
        .execute_raw(sql(
            tx,
            "delete from link where organization_id = $1 and id = $2",
            [organization.into(), link.into()],
        ))
        .await?;
    tx.execute_raw(sql(
        tx,
        "delete from link where organization_id = $1 and person_kind = $2 and person_id = $3 and purpose in ($4, $5)",
        [
            organization.into(),
            person.kind().into(),
            person.uuid().into(),
            NotificationPurpose::Invitation.into(),
            NotificationPurpose::PasswordReset.into(),
        ],
    ))
    .await?;
    Ok(used.rows_affected() == 1)
}

/// Stores the notification that carries a link, if there is such a staff member. One statement.
async fn send_link(
    core: &Core,
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    staff: StaffId,
    purpose: NotificationPurpose,
) -> Result<(), Fault> {
    let now = core.clock.now();
    tx.execute_raw(sql(
        tx,
        "insert into notification (organization_id, id, purpose, recipient_kind, recipient_id, channel, status, due_at, attempts, created_at) \
         select s.organization_id, $3, $4, $5, s.id, $6, $7, $8, 0, $8 from staff_member s where s.organization_id = $1 and s.id = $2",
        [
            organization.into(),
            staff.into(),
            NotificationId(core.entropy.uuid(now)).into(),
            purpose.into(),
            PersonKind::Staff.into(),
            Channel::Email.into(),
            NotificationStatus::Pending.into(),
            now.into(),
        ],
    ))
    .await?;
    Ok(())
}
