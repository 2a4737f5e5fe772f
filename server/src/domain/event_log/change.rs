//! A transaction that ends in the log.

use chrono::{DateTime, Utc};
use entity::OrganizationId;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};

use super::{NewEvent, Position};
use crate::domain::{
    core::Core,
    fault::Fault,
    store::{Sql, sql},
};

/// A transaction of one organization. What is recorded in it is appended to the log as its last statements, and the
/// doorbell rings after the commit: neither can be forgotten.
pub struct Change {
    core: Core,
    transaction: DatabaseTransaction,
    organization: OrganizationId,
    /// The time of everything in this change.
    pub now: DateTime<Utc>,
    events: Vec<NewEvent>,
    /// The newest event that was appended already.
    appended: Option<Position>,
}

impl Change {
    /// Begins a transaction.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when no connection is to be had.
    pub async fn begin(core: &Core, organization: OrganizationId) -> Result<Self, Fault> {
        let transaction = core.store.begin().await?;
        Ok(Self {
            core: core.clone(),
            transaction,
            organization,
            now: core.clock.now(),
            events: Vec::new(),
            appended: None,
        })
    }

    /// The transaction, for statements.
    #[must_use]
    pub fn tx(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    /// Whose transaction it is.
    #[must_use]
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// Records what happened; it gets its position at the commit.
    pub fn record(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// Notes the newest event that was appended within the transaction otherwise, as messages are: the doorbell rings for it.
    pub(in crate::domain) fn stored(&mut self, newest: Option<Position>) {
        self.appended = self.appended.max(newest);
    }

    /// Appends what was recorded, commits and rings. Dropping a change instead rolls everything back.
    ///
    /// # Errors
    /// Any failure of the database; nothing is stored then, unless the connection broke during the commit itself.
    ///
    /// Costs two statements when something was recorded, none otherwise, and the commit.
    pub async fn commit(self) -> Result<Position, Fault> {
        let Self {
            core,
            transaction,
            organization,
            now,
            events,
            appended,
        } = self;
        let position = if events.is_empty() {
            appended
        } else {
            let first = reserve(&transaction, organization, events.len()).await?;
            append(&transaction, organization, first, now, &events).await?;
            Some(Position(first.0 + events.len() as i64 - 1))
        };
        transaction.commit().await?;
        if let Some(position) = position {
            core.doorbell.ring(organization, position);
        }
        Ok(position.unwrap_or_default())
    }
}

/// Takes the log's lock and the next `count` positions; gives the first of them. The lock is held until the commit, so
/// nothing slow may follow. One statement.
pub(crate) async fn reserve(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    count: usize,
) -> Result<Position, Fault> {
    let count = i64::try_from(count).map_err(|_| Fault::Corrupt("event count"))?;
    let row = tx
        .query_one_raw(sql(
            tx,
            "update event_log set head = head + $2 where organization_id = $1 returning head",
            [organization.into(), count.into()],
        ))
        .await?
        .ok_or(Fault::Corrupt("event log row"))?;
    let head: i64 = row.try_get_by_index(0)?;
    Ok(Position(head - count + 1))
}

/// Writes events at the positions that were reserved for them. One statement.
pub(crate) async fn append(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    first: Position,
    now: DateTime<Utc>,
    events: &[NewEvent],
) -> Result<(), Fault> {
    let mut insert = Sql::new(
        "insert into event (organization_id, position, kind, conversation_id, patient_id, message_id, actor_kind, actor_id, \
         subject_kind, subject_id, session_id, reminder_id, scheduled_message_id, audience, created_at) values ",
    );
    insert.rows(
        (first.0..)
            .zip(events)
            .map(|(position, event)| -> [Value; 15] {
                [
                    organization.into(),
                    position.into(),
                    event.kind.into(),
                    event.conversation.into(),
                    event.patient.into(),
                    event.message.into(),
                    event.actor.map(entity::PersonId::kind).into(),
                    event.actor.map(entity::PersonId::uuid).into(),
                    event.subject.map(entity::PersonId::kind).into(),
                    event.subject.map(entity::PersonId::uuid).into(),
                    event.session.into(),
                    event.reminder.into(),
                    event.scheduled.into(),
                    event.audience.to_stored().into(),
                    now.into(),
                ]
            }),
    );
    tx.execute_raw(insert.on(tx)).await?;
    Ok(())
}
