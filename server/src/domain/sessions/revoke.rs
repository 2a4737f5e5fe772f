//! Ending sessions.

use entity::{EventKind, PersonId, SessionId, session};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::{
    account,
    open::{MAX_SESSIONS, session_ended},
};
use crate::domain::{
    core::Core,
    event_log::{Change, NewEvent},
    fault::Fault,
    policy::{AsAdministrator, Denied, open_patient},
    store::sql,
    viewer::Viewer,
};

/// The sessions of a person that are open, the newest first; at most [`MAX_SESSIONS`]. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn open_sessions(core: &Core, viewer: &Viewer) -> Result<Vec<session::Model>, Fault> {
    let person = viewer.person();
    Ok(session::Entity::find()
        .filter(session::Column::OrganizationId.eq(viewer.organization()))
        .filter(session::Column::PersonId.eq(person.uuid()))
        .filter(session::Column::PersonKind.eq(person.kind()))
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(core.clock.now()))
        .order_by_desc(session::Column::CreatedAt)
        .order_by_desc(session::Column::Id)
        .limit(MAX_SESSIONS.unsigned_abs())
        .all(core.store.reader())
        .await?)
}

/// Ends the session through which the viewer asks. Three statements and the commit.
///
/// # Errors
/// Any failure of the database.
pub async fn sign_out(core: &Core, viewer: &Viewer) -> Result<(), Fault> {
    let mut change = Change::begin(core, viewer.organization()).await?;
    end_one(&mut change, viewer.person(), viewer.session()).await?;
    change.commit().await?;
    Ok(())
}

/// Ends another session of the viewer's. Three statements and the commit.
///
/// # Errors
/// [`Denied::NotFound`] when it is not one of their open sessions.
pub async fn revoke(core: &Core, viewer: &Viewer, session: SessionId) -> Result<(), Denied> {
    let mut change = Change::begin(core, viewer.organization()).await?;
    if !end_one(&mut change, viewer.person(), session).await? {
        return Err(Denied::NotFound);
    }
    change.commit().await?;
    Ok(())
}

/// Ends every session of the viewer's, this one too. Three statements and the commit.
///
/// # Errors
/// Any failure of the database.
pub async fn sign_out_everywhere(core: &Core, viewer: &Viewer) -> Result<(), Fault> {
    let mut change = Change::begin(core, viewer.organization()).await?;
    revoke_all(&mut change, viewer.person()).await?;
    change.commit().await?;
    Ok(())
}

/// Ends every session of somebody else, such as one who has lost their telephone. Four statements and the commit.
///
/// # Errors
/// [`Denied::NotFound`] when the person does not exist for this administrator.
pub async fn end_sessions_of(
    core: &Core,
    administrator: &AsAdministrator,
    person: PersonId,
) -> Result<(), Denied> {
    let mut change = Change::begin(core, administrator.organization()).await?;
    match person {
        PersonId::Staff(staff) => {
            let tx = change.tx();
            let values = [administrator.organization().into(), staff.into()];
            tx.query_one_raw(sql(
                tx,
                "select 1 from staff_member where organization_id = $1 and id = $2",
                values,
            ))
            .await?
            .ok_or(Denied::NotFound)?;
        }
        PersonId::Patient(patient) => {
            let viewer = Viewer::Staff(administrator.viewer().clone());
            open_patient(change.tx(), &viewer, patient).await?;
        }
    }
    revoke_all(&mut change, person).await?;
    change.commit().await?;
    Ok(())
}

/// Ends every session of a person as part of a change, such as a deactivation, and with them their live connections.
/// One statement.
///
/// # Errors
/// Any failure of the database.
pub(crate) async fn revoke_all(change: &mut Change, person: PersonId) -> Result<(), Fault> {
    let tx = change.tx();
    let ended = tx
        .execute_raw(sql(
            tx,
            "update session set revoked_at = $4 where organization_id = $1 and person_kind = $2 and person_id = $3 and revoked_at is null",
            [
                change.organization().into(),
                person.kind().into(),
                person.uuid().into(),
                change.now.into(),
            ],
        ))
        .await?;
    if ended.rows_affected() > 0 {
        change.record(NewEvent::new(EventKind::SessionRevoked).about(person));
    }
    Ok(())
}

/// Ends every session of a person but one. One statement.
pub(crate) async fn revoke_others(
    change: &mut Change,
    person: PersonId,
    kept: SessionId,
) -> Result<(), Fault> {
    let tx = change.tx();
    let ended = tx
        .query_all_raw(sql(
            tx,
            "update session set revoked_at = $4 where organization_id = $1 and person_kind = $2 and person_id = $3 \
             and revoked_at is null and id <> $5 returning id",
            [
                change.organization().into(),
                person.kind().into(),
                person.uuid().into(),
                change.now.into(),
                kept.into(),
            ],
        ))
        .await?;
    for row in ended {
        let session = row.try_get("", "id")?;
        change.record(session_ended(person, session));
    }
    Ok(())
}

async fn end_one(change: &mut Change, person: PersonId, session: SessionId) -> Result<bool, Fault> {
    let tx = change.tx();
    let ended = tx
        .query_one_raw(sql(
            tx,
            "update session set revoked_at = $4 where organization_id = $1 and id = $5 and person_kind = $2 and person_id = $3 \
             and revoked_at is null returning person_kind, person_id",
            [
                change.organization().into(),
                person.kind().into(),
                person.uuid().into(),
                change.now.into(),
                session.into(),
            ],
        ))
        .await?;
    if let Some(row) = &ended {
        change.record(session_ended(account::person(row)?, session));
    }
    Ok(ended.is_some())
}
