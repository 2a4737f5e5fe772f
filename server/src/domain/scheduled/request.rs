//! One request to send something later: repeated, it gives what it has stored, and nothing is stored twice.

use std::collections::BTreeSet;

use entity::{ScheduledMessageId, StaffId, scheduled_message};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, Value,
};

use super::{MAX_WAITING, ScheduleError, Scheduled, When, files, open, told};
use crate::domain::{
    core::Core,
    fault::Fault,
    messages::SendError,
    people::values::is_taken,
    policy::{AsClinician, CanEnclose},
    secret::sha256,
    store::{Sql, sql},
};

/// One request to send something later.
pub(super) struct Request<'r> {
    pub(super) clinician: &'r AsClinician,
    pub(super) key: &'r str,
    /// A hash of all that is asked for.
    pub(super) digest: Vec<u8>,
}

/// What waits besides the row of the message.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) files: Vec<CanEnclose>,
    pub(super) to: BTreeSet<StaffId>,
}

impl<'r> Request<'r> {
    /// A request under a key, about something and for some time.
    pub(super) fn new(
        clinician: &'r AsClinician,
        key: &'r str,
        mut asked: Vec<u8>,
        when: &When,
    ) -> Self {
        when.write(&mut asked);
        Self {
            clinician,
            key,
            digest: sha256(&asked).to_vec(),
        }
    }

    /// What an earlier request of the same author with the same key has scheduled, if it asked for the same. Three statements
    /// at most.
    pub(super) async fn earlier(
        &self,
        connection: &impl ConnectionTrait,
    ) -> Result<Option<Scheduled>, ScheduleError> {
        use scheduled_message::Column;
        let found = scheduled_message::Entity::find()
            .filter(Column::OrganizationId.eq(self.clinician.organization()))
            .filter(Column::AuthorId.eq(self.clinician.staff()))
            .filter(Column::IdempotencyKey.eq(self.key))
            .one(connection)
            .await?;
        let Some(message) = found else {
            return Ok(None);
        };
        if message.request != self.digest {
            return Err(SendError::KeyReused.into());
        }
        // Whoever does not reach the patient any more is not shown what they once wrote either.
        Ok(Some(Scheduled {
            message: open(connection, self.clinician, message.id).await?,
            replayed: true,
        }))
    }

    /// The same after its files were refused: whoever had locked and taken them may have been this request at the same moment,
    /// perhaps on another node. Otherwise the refusal. Three statements at most.
    ///
    /// # Errors
    /// The refusal.
    pub(super) async fn earlier_or(
        &self,
        tx: &DatabaseTransaction,
        refused: SendError,
    ) -> Result<Scheduled, ScheduleError> {
        self.earlier(tx).await?.ok_or_else(|| refused.into())
    }

    /// Stores what waits. Two statements, one or two for each kind of parts, two to tell of it, and the commit.
    ///
    /// # Errors
    /// [`ScheduleError::TooMany`].
    pub(super) async fn store(
        &self,
        core: &Core,
        tx: DatabaseTransaction,
        message: scheduled_message::Model,
        parts: Parts,
    ) -> Result<Scheduled, ScheduleError> {
        check_room(&tx, &message).await?;
        if let Err(error) = message.clone().into_active_model().insert(&tx).await {
            if !is_taken(&error) {
                return Err(error.into());
            }
            // The same key at the same moment, perhaps on another node: what it stored is the answer.
            tx.rollback().await?;
            let earlier = self.earlier(core.store.writer()).await?;
            return earlier.ok_or_else(|| SendError::KeyReused.into());
        }
        files::keep(&tx, &message, &parts.files).await?;
        address(&tx, &message, &parts.to).await?;
        told::commit(core, tx, &message, message.created_at).await?;
        Ok(Scheduled {
            message,
            replayed: false,
        })
    }
}

/// Whether as many wait already as may.
async fn check_room(
    tx: &DatabaseTransaction,
    message: &scheduled_message::Model,
) -> Result<(), ScheduleError> {
    let mut select =
        Sql::new("select count(*) from (select 1 from scheduled_message where organization_id = ");
    select.bind(message.organization_id);
    match message.conversation_id {
        Some(id) => select.push(" and conversation_id = ").bind(id),
        None => select
            .push(" and conversation_id is null and patient_id = ")
            .bind(message.patient_id),
    };
    select
        .push(" and status in ('WAITING', 'HELD') limit ")
        .bind(MAX_WAITING)
        .push(") waiting");
    let row = tx.query_one_raw(select.on(tx)).await?;
    let row = row.ok_or(Fault::Corrupt("count of scheduled messages"))?;
    if row.try_get_by_index::<i64>(0)? >= MAX_WAITING {
        return Err(ScheduleError::TooMany);
    }
    Ok(())
}

async fn address(
    tx: &DatabaseTransaction,
    message: &scheduled_message::Model,
    to: &BTreeSet<StaffId>,
) -> Result<(), Fault> {
    if to.is_empty() {
        return Ok(());
    }
    let mut insert = Sql::new(
        "insert into scheduled_recipient (organization_id, scheduled_message_id, staff_id) values ",
    );
    insert.rows(to.iter().map(|staff| -> [Value; 3] {
        [
            message.organization_id.into(),
            message.id.into(),
            (*staff).into(),
        ]
    }));
    tx.execute_raw(insert.on(tx)).await?;
    Ok(())
}

/// The staff members to whom a message is addressed, besides its author. One statement.
pub(super) async fn addressed(
    tx: &DatabaseTransaction,
    message: &scheduled_message::Model,
) -> Result<BTreeSet<StaffId>, Fault> {
    let id: ScheduledMessageId = message.id;
    let rows = tx
        .query_all_raw(sql(
            tx,
            "select staff_id from scheduled_recipient where organization_id = $1 and scheduled_message_id = $2",
            [message.organization_id.into(), id.into()],
        ))
        .await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}
