//! Conversations whose locks are held while it is found out, or said, how they stand.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::{ConversationId, StaffId, conversation};
use sea_orm::{ConnectionTrait as _, DbBackend, FromQueryResult as _, Value};

use super::Stretch;
use crate::domain::{event_log::Change, fault::Fault, store::Sql};

/// A conversation that is looked at.
pub(super) struct Held {
    /// As it stands under its lock.
    pub(super) conversation: conversation::Model,
    /// Until when the clinic wants to have answered first (CASE-6), while nobody has and nobody was told.
    pub(super) first_answer_due: Option<DateTime<Utc>>,
    /// Who works on it.
    pub(super) assignee: Option<StaffId>,
}

/// Takes the locks of the conversations, without those that another node has or that wait no more.
pub(super) async fn hold(
    change: &Change,
    conversations: &BTreeSet<ConversationId>,
) -> Result<Vec<Held>, Fault> {
    let tx = change.tx();
    let mut select = Sql::new(
        "select c.*, cr.assignee_id, case when cr.first_answered_at is null and cr.overdue_told_at is null \
         and c.status = 'OPEN' then cr.first_answer_due_at end as first_answer_due from conversation c \
         left join contact_request cr on cr.organization_id = c.organization_id and cr.conversation_id = c.id \
         where c.organization_id = ",
    );
    select
        .bind(change.organization())
        .push(" and c.look_at <= ")
        .bind(change.now)
        .push(" and c.id in ")
        .list(conversations.iter().copied())
        .push(" order by c.id");
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for update of c skip locked");
    }
    let rows = tx.query_all_raw(select.on(tx)).await?;
    rows.iter()
        .map(|row| {
            Ok(Held {
                conversation: conversation::Model::from_query_result(row, "")?,
                first_answer_due: row.try_get("", "first_answer_due")?,
                assignee: row.try_get("", "assignee_id")?,
            })
        })
        .collect()
}

/// Writes down how conversations stand whose locks are held. One statement.
pub(super) async fn write(
    change: &Change,
    stretches: impl Iterator<Item = (ConversationId, Stretch)>,
) -> Result<(), Fault> {
    let tx = change.tx();
    let mut update = Sql::new("update conversation set ");
    update
        .push(&Stretch::assignments(2))
        .push(" from (values ")
        .rows(stretches.map(|(id, stretch)| {
            let id: Value = id.into();
            std::iter::once(id).chain(stretch.columns())
        }))
        .push(") as v where conversation.id = v.column1 and conversation.organization_id = ")
        .bind(change.organization());
    tx.execute_raw(update.on(tx)).await?;
    Ok(())
}
