//! Reading the log: the same for live delivery and for resuming.

use chrono::{DateTime, Utc};
use entity::{OrganizationId, PersonId, PersonKind};
use sea_orm::{ConnectionTrait, EntityTrait as _, FromQueryResult as _};
use uuid::Uuid;

use super::{Audience, Event, NewEvent, Position};
use crate::domain::{core::Core, fault::Fault, store::sql};

/// From where to where a log can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Events up to this position are gone.
    pub pruned_through: Position,
    /// The newest event.
    pub head: Position,
}

/// How far the log reaches. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn bounds(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
) -> Result<Bounds, Fault> {
    let log = entity::event_log::Entity::find_by_id(organization)
        .one(connection)
        .await?
        .ok_or(Fault::Corrupt("event log row"))?;
    Ok(Bounds {
        pruned_through: Position(log.pruned_through),
        head: Position(log.head),
    })
}

/// The next events after a position, at most `limit`, in order. One statement.
///
/// # Errors
/// Any failure of the database, or an event that this version cannot read.
pub async fn read_page(
    core: &Core,
    organization: OrganizationId,
    after: Position,
    limit: u32,
) -> Result<Vec<Event>, Fault> {
    let connection = core.store.reader();
    let rows = connection
        .query_all_raw(sql(
            connection,
            "select * from event where organization_id = $1 and position > $2 order by position limit $3",
            [organization.into(), after.0.into(), i64::from(limit).into()],
        ))
        .await?;
    rows.iter()
        .map(|row| event(entity::event::Model::from_query_result(row, "")?))
        .collect()
}

/// Forgets events older than `before`, at most `limit` of them, and remembers how far. Gives the number of events
/// that are gone now; fewer than `limit` means that nothing older is left.
///
/// # Errors
/// Any failure of the database.
pub async fn prune(
    core: &Core,
    organization: OrganizationId,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<u64, Fault> {
    let tx = core.store.begin().await?;
    let through = tx
        .query_one_raw(sql(
            &tx,
            "select max(position) as through from (select position, created_at from event where organization_id = $1 \
             order by position limit $2) as oldest where created_at < $3",
            [organization.into(), i64::from(limit).into(), before.into()],
        ))
        .await?
        .map(|row| row.try_get_by_index::<Option<i64>>(0))
        .transpose()?
        .flatten();
    let Some(through) = through else { return Ok(0) };
    // The mark goes first: a reader that sees events missing must also see that they were pruned.
    tx.execute_raw(sql(
        &tx,
        "update event_log set pruned_through = $2 where organization_id = $1 and pruned_through < $2",
        [organization.into(), through.into()],
    ))
    .await?;
    let gone = tx
        .execute_raw(sql(
            &tx,
            "delete from event where organization_id = $1 and position <= $2",
            [organization.into(), through.into()],
        ))
        .await?;
    tx.commit().await?;
    Ok(gone.rows_affected())
}

fn event(row: entity::event::Model) -> Result<Event, Fault> {
    Ok(Event {
        organization: row.organization_id,
        position: Position(row.position),
        at: row.created_at,
        what: NewEvent {
            kind: row.kind,
            conversation: row.conversation_id,
            patient: row.patient_id,
            message: row.message_id,
            actor: person(row.actor_kind, row.actor_id),
            subject: person(row.subject_kind, row.subject_id),
            session: row.session_id,
            reminder: row.reminder_id,
            scheduled: row.scheduled_message_id,
            audience: Audience::from_stored(&row.audience)
                .ok_or(Fault::Corrupt("event audience"))?,
        },
    })
}

fn person(kind: Option<PersonKind>, id: Option<Uuid>) -> Option<PersonId> {
    Some(PersonId::from_columns(kind?, id?))
}
