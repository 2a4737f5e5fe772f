//! What staff members may do and reach, and how they are alerted: status, restrictions, notification settings.

use std::collections::{BTreeSet, HashMap};

use entity::{
    Channel, EventKind, OrganizationId, PersonId, ProgramId, Roles, StaffId, StaffStatus, program,
    staff_member, staff_restriction,
};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, Value};

use super::{
    staff::{StaffError, lock, save},
    values::{Check, NotificationChannel, Problem},
};
use crate::domain::{
    answers::{Scope, look_again},
    core::Core,
    event_log::{Change, NewEvent},
    fault::Fault,
    policy::{AsAdministrator, AsStaff, Denied},
    programs, sessions,
    store::Sql,
};

/// Lets a staff member in or not. Deactivating ends their sessions at once and leaves what they wrote. Changes nothing
/// when the status is as asked already. Eight statements at most.
///
/// # Errors
/// See [`StaffError`].
pub async fn set_status(
    core: &Core,
    administrator: &AsAdministrator,
    id: StaffId,
    status: StaffStatus,
) -> Result<staff_member::Model, StaffError> {
    let mut change = Change::begin(core, administrator.organization()).await?;
    if status == StaffStatus::Deactivated {
        keep_an_administrator(&change, id).await?;
    }
    let mut member = lock(&change, id).await?;
    if member.status == status {
        return Ok(member);
    }
    member.status = status;
    save(&change, &member).await?;
    look_again(&change, Scope::Staff(id)).await?;
    change.record(access_changed(administrator.staff(), id));
    if status == StaffStatus::Deactivated {
        sessions::revoke_all(&mut change, PersonId::Staff(id)).await?;
    }
    change.commit().await?;
    Ok(member)
}

/// Makes sure that an active administrator other than this one is left. Holds the rows of all of them until the commit, so
/// that two who drop each other at the same moment cannot both succeed. One statement.
pub(super) async fn keep_an_administrator(
    change: &Change,
    leaving: StaffId,
) -> Result<(), StaffError> {
    let mut select = Sql::new("select s.id from staff_member s where s.organization_id = ");
    select
        .bind(change.organization())
        .push(" and s.status = 'ACTIVE' and (s.roles & ")
        .bind(Roles::ADMINISTRATOR)
        .push(") <> 0 order by s.id");
    if change.tx().get_database_backend() == sea_orm::DbBackend::Postgres {
        select.push(" for update");
    }
    let rows = change.tx().query_all_raw(select.on(change.tx())).await?;
    let administrators = rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<Vec<StaffId>, _>>()?;
    if administrators == [leaving] {
        return Err(StaffError::LastAdministrator);
    }
    Ok(())
}

/// Restricts a staff member from exactly these programs (PEO-6). Seven statements at most.
///
/// # Errors
/// [`Denied::NotFound`] when the staff member or one of the programs does not exist.
pub async fn set_restrictions(
    core: &Core,
    administrator: &AsAdministrator,
    id: StaffId,
    wanted: BTreeSet<ProgramId>,
) -> Result<staff_member::Model, StaffError> {
    let mut check = Check::default();
    check.count("programIds", wanted.len());
    if !check.is_right() {
        return Err(check.into_wrong().into());
    }
    let organization = administrator.organization();
    let mut change = Change::begin(core, organization).await?;
    let member = lock(&change, id).await?;
    programs::require(change.tx(), organization, &wanted).await?;
    let now: BTreeSet<_> = restrictions(change.tx(), organization, [id])
        .await?
        .remove(&id)
        .unwrap_or_default()
        .into_iter()
        .map(|program| program.id)
        .collect();
    if now == wanted {
        return Ok(member);
    }
    staff_restriction::Entity::delete_many()
        .filter(staff_restriction::Column::OrganizationId.eq(organization))
        .filter(staff_restriction::Column::StaffId.eq(id))
        .exec(change.tx())
        .await?;
    if !wanted.is_empty() {
        let mut insert = Sql::new(
            "insert into staff_restriction (organization_id, staff_id, program_id) values ",
        );
        insert.rows(
            wanted.iter().map(|program| -> [Value; 3] {
                [organization.into(), id.into(), (*program).into()]
            }),
        );
        change.tx().execute_raw(insert.on(change.tx())).await?;
    }
    look_again(&change, Scope::Staff(id)).await?;
    change.record(access_changed(administrator.staff(), id));
    change.commit().await?;
    Ok(member)
}

/// The programs that several staff members are restricted from, by name. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn restrictions(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    staff: impl IntoIterator<Item = StaffId>,
) -> Result<HashMap<StaffId, Vec<program::Model>>, Fault> {
    let mut select = Sql::new(
        "select r.staff_id as owner, g.* from staff_restriction r \
         join program g on g.organization_id = r.organization_id and g.id = r.program_id where r.organization_id = ",
    );
    select
        .bind(organization)
        .push(" and r.staff_id in ")
        .list(staff)
        .push(" order by g.name");
    programs::grouped(connection, select).await
}

/// How a staff member wants to be told of things (NOT-1); none leaves a setting as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotificationChanges {
    /// "New patient message".
    pub new_patient_message: Option<bool>,
    /// "Unread message reminder".
    pub unread_message_reminder: Option<bool>,
    /// "Two-way texting".
    pub two_way_texting: Option<bool>,
    /// By which channel.
    pub channel: Option<NotificationChannel>,
}

/// Changes the staff member's own notification settings. Switching "New patient message" off takes the reminder with it;
/// the reminder cannot be switched on without it. Five statements at most.
///
/// # Errors
/// [`StaffError::Invalid`] when a setting needs another, or the channel needs a number that is not on file.
pub async fn update_notification_settings(
    core: &Core,
    viewer: &AsStaff,
    changes: NotificationChanges,
) -> Result<staff_member::Model, StaffError> {
    let mut change = Change::begin(core, viewer.organization()).await?;
    let stored = lock(&change, viewer.staff()).await?;
    let mut member = stored.clone();
    member.notify_new_message = changes
        .new_patient_message
        .unwrap_or(member.notify_new_message);
    member.notify_unread = changes
        .unread_message_reminder
        .unwrap_or(member.notify_unread && member.notify_new_message);
    member.notify_texting = changes.two_way_texting.unwrap_or(member.notify_texting);
    member.notify_channel = changes.channel.map_or(member.notify_channel, Into::into);
    let mut check = Check::default();
    if member.notify_unread && !member.notify_new_message {
        check.wrong(
            "unreadMessageReminder",
            Problem::Needs("\"New patient message\" to be on"),
        );
    }
    if member.notify_channel == Channel::Sms && member.phone.is_none() {
        check.wrong("channel", Problem::Needs("a mobile number on file"));
    }
    if !check.is_right() {
        return Err(check.into_wrong().into());
    }
    if member != stored {
        save(&change, &member).await?;
        if member.notify_new_message != stored.notify_new_message {
            look_again(&change, Scope::Staff(viewer.staff())).await?;
        }
        change.record(access_changed(viewer.staff(), viewer.staff()));
    }
    change.commit().await?;
    Ok(member)
}

/// The event of a staff member whose rights or alerts changed.
pub(super) fn access_changed(actor: StaffId, about: StaffId) -> NewEvent {
    NewEvent::new(EventKind::StaffAccessChanged)
        .by(PersonId::Staff(actor))
        .about(PersonId::Staff(about))
}

/// A staff member of the viewer's organization. One statement.
///
/// # Errors
/// [`Denied::NotFound`].
pub async fn open_staff_member(
    connection: &impl ConnectionTrait,
    viewer: &AsStaff,
    id: StaffId,
) -> Result<staff_member::Model, Denied> {
    staff_member::Entity::find_by_id((viewer.organization(), id))
        .one(connection)
        .await?
        .ok_or(Denied::NotFound)
}
