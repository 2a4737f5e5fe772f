//! Inspections: what waits for one, who has it, and what comes of it.

use entity::{AttachmentDisposal, AttachmentStatus, EventKind, UnscannedBecause, attachment};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult as _, Value};
use uuid::Uuid;

use super::{LEASE, Place, turn::Turn};
use crate::domain::{
    core::Core,
    event_log::{Change, NewEvent},
    fault::Fault,
    store::{Sql, sql},
};

/// A file that a worker inspects for the time of its lease.
#[derive(Debug)]
pub struct Inspection {
    attachment: attachment::Model,
    worker: Uuid,
    turn: Turn,
}

/// A small picture that was made of a file and is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThumbnailFacts {
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// In bytes.
    pub length: i32,
}

/// What an inspection found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong with the file.
    Passed {
        /// Its SHA-256.
        sha256: [u8; 32],
        /// Why no malware scanner has seen all of it, if none has.
        unscanned: Option<UnscannedBecause>,
        /// The small picture made of it.
        thumbnail: Option<ThumbnailFacts>,
    },
    /// It is malware.
    Infected,
    /// It is not what its sender announced.
    Refused,
}

/// Takes up to `limit` files that are due for an inspection. One statement, two when something is due.
///
/// # Errors
/// Any failure of the database.
pub async fn due_inspections(
    core: &Core,
    worker: Uuid,
    turn: Turn,
    limit: u32,
) -> Result<Vec<Inspection>, Fault> {
    let now = core.clock.now();
    let reader = core.store.reader();
    // An idle look around must not take the write lock.
    let mut look = Sql::default();
    turn.push_due(&mut look, now, 1);
    if reader.query_one_raw(look.on(reader)).await?.is_none() {
        return Ok(Vec::new());
    }
    let connection = core.store.writer();
    let mut update = Sql::new("with due as materialized (");
    turn.push_due(&mut update, now, limit.into());
    if connection.get_database_backend() == DbBackend::Postgres {
        update.push(" for update skip locked");
    }
    update
        .push(") update attachment set attempts = attempts + 1, leased_by = ")
        .bind(worker)
        .push(", leased_until = ")
        .bind(now + LEASE)
        .push(" where (organization_id, id) in (select organization_id, id from due) returning *");
    connection
        .query_all_raw(update.on(connection))
        .await?
        .iter()
        .map(|row| {
            Ok(Inspection {
                attachment: attachment::Model::from_query_result(row, "")?,
                worker,
                turn,
            })
        })
        .collect()
}

impl Inspection {
    /// The file.
    #[must_use]
    pub fn attachment(&self) -> &attachment::Model {
        &self.attachment
    }

    /// Where its bytes are.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::of(&self.attachment)
    }

    /// Which turn of the file it is.
    #[must_use]
    pub fn turn(&self) -> Turn {
        self.turn
    }

    /// The small picture that an earlier inspection made.
    #[must_use]
    pub fn thumbnail(&self) -> Option<ThumbnailFacts> {
        Some(ThumbnailFacts {
            width: self.attachment.thumbnail_width?,
            height: self.attachment.thumbnail_height?,
            length: self.attachment.thumbnail_length?,
        })
    }

    /// How many they are.
    #[must_use]
    pub fn length(&self) -> u64 {
        u64::try_from(self.attachment.length).unwrap_or(0)
    }

    /// Keeps the file for another lease; tells whether this worker still had it. One statement.
    ///
    /// # Errors
    /// Any failure of the database.
    pub async fn renew(&self, core: &Core) -> Result<bool, Fault> {
        let until = core.clock.now() + LEASE;
        let connection = core.store.writer();
        self.write(connection, "leased_until = $4", [until.into()])
            .await
    }

    /// Writes down what was found; tells whether this worker still had the file. What is infected or refused loses its
    /// bytes with the next sweep; what was not read whole is due again. Two statements, four when messages hold the file.
    ///
    /// # Errors
    /// Any failure of the database; the lease then ends by itself, and the file is inspected again.
    pub async fn settle(self, core: &Core, verdict: Verdict) -> Result<bool, Fault> {
        let facts = Facts::of(verdict);
        let news = facts.status != self.attachment.status;
        let attempts = match self.turn {
            Turn::First => 0,
            Turn::Again => self.attachment.attempts,
        };
        let mut change = Change::begin(core, self.attachment.organization_id).await?;
        let had = self
            .write(
                change.tx(),
                "status = $4, unscanned_because = $5, disposal = $6, sha256 = $7, thumbnail_width = $8, thumbnail_height = $9, \
                 thumbnail_length = $10, attempts = $11, due_at = $12, leased_until = null, leased_by = null",
                [
                    facts.status.into(),
                    facts.unscanned.into(),
                    facts.disposal.into(),
                    facts.sha256.into(),
                    facts.thumbnail.map(|made| made.width).into(),
                    facts.thumbnail.map(|made| made.height).into(),
                    facts.thumbnail.map(|made| made.length).into(),
                    attempts.into(),
                    (core.clock.now() + Turn::Again.wait_after(attempts)).into(),
                ],
            )
            .await?;
        if had {
            if news {
                self.tell(&mut change).await?;
            }
            change.commit().await?;
        }
        Ok(had)
    }

    /// Whoever has a message with the file open learns what came of it. A message that takes the file at this moment waits
    /// for its row, or was stored before and is found here. One statement.
    async fn tell(&self, change: &mut Change) -> Result<(), Fault> {
        let holding = sql(
            change.tx(),
            "select distinct message_id, conversation_id from message_attachment where organization_id = $1 and attachment_id = $2 \
             order by message_id",
            [
                self.attachment.organization_id.into(),
                self.attachment.id.into(),
            ],
        );
        for row in change.tx().query_all_raw(holding).await? {
            change.record(NewEvent {
                message: Some(row.try_get_by_index(0)?),
                ..NewEvent::new(EventKind::AttachmentInspected).within(row.try_get_by_index(1)?)
            });
        }
        Ok(())
    }

    /// Puts the file back, to be inspected later: it stays as it is until then. One statement.
    ///
    /// # Errors
    /// Any failure of the database; the lease then ends by itself.
    pub async fn postpone(self, core: &Core) -> Result<bool, Fault> {
        let due = core.clock.now() + self.turn.wait_after(self.attachment.attempts);
        self.write(
            core.store.writer(),
            "due_at = $4, leased_until = null, leased_by = null",
            [due.into()],
        )
        .await
    }

    async fn write<const N: usize>(
        &self,
        connection: &impl ConnectionTrait,
        columns: &str,
        values: [Value; N],
    ) -> Result<bool, Fault> {
        let mut update = sql(
            connection,
            &format!(
                "update attachment set {columns} where organization_id = $1 and id = $2 and leased_by = $3 \
                 and status = '{}' and disposal is null",
                self.attachment.status.word()
            ),
            [
                self.attachment.organization_id.into(),
                self.attachment.id.into(),
                self.worker.into(),
            ],
        );
        if let Some(all) = &mut update.values {
            all.0.extend(values);
        }
        Ok(connection.execute_raw(update).await?.rows_affected() > 0)
    }
}

/// What a verdict means for the row.
struct Facts {
    status: AttachmentStatus,
    unscanned: Option<UnscannedBecause>,
    disposal: Option<AttachmentDisposal>,
    sha256: Option<Vec<u8>>,
    thumbnail: Option<ThumbnailFacts>,
}

impl Facts {
    fn of(verdict: Verdict) -> Self {
        let gone = |status| Self {
            status,
            unscanned: None,
            disposal: Some(AttachmentDisposal::Bytes),
            sha256: None,
            thumbnail: None,
        };
        match verdict {
            Verdict::Passed {
                sha256,
                unscanned,
                thumbnail,
            } => Self {
                status: match unscanned {
                    None => AttachmentStatus::Clean,
                    Some(_) => AttachmentStatus::Unscanned,
                },
                unscanned,
                disposal: None,
                sha256: Some(sha256.to_vec()),
                thumbnail,
            },
            Verdict::Infected => gone(AttachmentStatus::Infected),
            Verdict::Refused => gone(AttachmentStatus::Refused),
        }
    }
}
