//! Links for setting a password, sent to staff members who have none yet or forgot theirs.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Channel, LinkId, NotificationId, NotificationPurpose, NotificationStatus, OrganizationId,
    PersonId, PersonKind, StaffId, link,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction};
use uuid::Uuid;

use super::{
    account::{self, slug},
    codes::clinic,
    contact::email_key,
    password::NewPassword,
    revoke,
    set_password::{SetPasswordError, known, set},
};
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    links,
    policy::{AsAdministrator, Denied},
    secret::Secret,
    source::Source,
    store::sql,
    throttle::{Door, Knock},
};

/// How long a link for a forgotten password is worth something. One in an invitation lasts as long as other links.
pub const RESET_LIFETIME: TimeDelta = TimeDelta::hours(1);

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
/// answer is the same if there is none, and so are the statements: seven and the commit. Patients sign in with a code
/// instead, and can set a password with it.
///
/// # Errors
/// [`SetPasswordError::TooMany`] and faults; never whether the address is known.
pub async fn request_password_reset(
    core: &Core,
    organization: &str,
    email: &Secret,
    source: Source,
) -> Result<(), SetPasswordError> {
    let organization = slug(organization);
    let email = email_key(email.reveal());
    let clinic = clinic(core, &organization).await?;
    let tx = core.store.begin().await?;
    let knock = Knock {
        door: Door::Send,
        organization: &organization,
        contact: &email,
        source,
    };
    if let Err(too_many) = knock.count(core, &tx).await? {
        tx.commit().await?;
        return Err(too_many.into());
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

fn is_for_password(link: &link::Model, now: DateTime<Utc>) -> bool {
    let purpose = match link.purpose {
        NotificationPurpose::Invitation => true,
        NotificationPurpose::PasswordReset => link.created_at + RESET_LIFETIME > now,
        NotificationPurpose::NewPatientMessage
        | NotificationPurpose::UnreadReminder
        | NotificationPurpose::UrgentPatientMessage
        | NotificationPurpose::TextingChanged
        | NotificationPurpose::AttentionNeeded
        | NotificationPurpose::ScheduledMessageStopped
        | NotificationPurpose::CaseAssigned
        | NotificationPurpose::ReminderIncomplete
        | NotificationPurpose::TextNotDelivered
        | NotificationPurpose::CaseClosed
        | NotificationPurpose::NewClinicMessage
        | NotificationPurpose::SignInCode => false,
    };
    purpose && link.person_kind == PersonKind::Staff
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
