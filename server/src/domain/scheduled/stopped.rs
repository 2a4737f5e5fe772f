//! What was set for a later time and has not left.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::{OrganizationId, ScheduledMessageId, ScheduledStatus, scheduled_message};
use sea_orm::{ConnectionTrait, FromQueryResult as _};

use crate::domain::{
    fault::Fault,
    page::{Direction, Page, Slice},
    policy::{AsClinician, push_conversation_in_reach},
    store::Sql,
};

/// Held back, expired, refused or failed, in the words of a partial index.
const STOPPED: &str = " and m.status in ('HELD', 'EXPIRED', 'REFUSED', 'FAILED')";

/// Where a message stands among those that have not left: the one that was to leave last first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoppedCursor {
    /// When it was to leave.
    pub due_at: DateTime<Utc>,
    /// Tells those of the same moment apart.
    pub message: ScheduledMessageId,
}

impl From<&scheduled_message::Model> for StoppedCursor {
    fn from(message: &scheduled_message::Model) -> Self {
        Self {
            due_at: message.due_at,
            message: message.id,
        }
    }
}

/// A page of the messages of the whole clinic that have not left: in conversations that the clinician may read, or to begin one
/// with a patient whom they reach. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn stopped(
    connection: &impl ConnectionTrait,
    clinician: &AsClinician,
    status: Option<ScheduledStatus>,
    slice: &Slice<StoppedCursor>,
) -> Result<Page<scheduled_message::Model>, Fault> {
    let mut select = Sql::new(
        "select m.* from scheduled_message m \
         join patient p on p.organization_id = m.organization_id and p.id = m.patient_id \
         left join conversation c on c.organization_id = m.organization_id and c.id = m.conversation_id \
         where m.organization_id = ",
    );
    select.bind(clinician.organization()).push(STOPPED);
    if let Some(status) = status {
        select.push(" and m.status = ").bind(status);
    }
    push_conversation_in_reach(&mut select, clinician.viewer());
    for (comparison, cursor) in [("<", slice.after), (">", slice.before)] {
        if let Some(cursor) = cursor {
            select
                .push(&format!(" and (m.due_at, m.id) {comparison} ("))
                .bind(cursor.due_at)
                .push(", ")
                .bind(cursor.message)
                .push(")");
        }
    }
    select
        .push(match slice.direction {
            Direction::Forward => " order by m.due_at desc, m.id desc limit ",
            Direction::Backward => " order by m.due_at, m.id limit ",
        })
        .bind(slice.fetch());
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let found = rows
        .iter()
        .map(|row| scheduled_message::Model::from_query_result(row, ""));
    Ok(slice.page(found.collect::<Result<_, _>>()?))
}

/// Which of several messages were held back, expired, refused or failed, and stand so still. At most one statement.
pub(in crate::domain) async fn stopped_among(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    messages: &HashSet<ScheduledMessageId>,
) -> Result<HashSet<ScheduledMessageId>, Fault> {
    if messages.is_empty() {
        return Ok(HashSet::new());
    }
    let mut select = Sql::new("select m.id from scheduled_message m where m.organization_id = ");
    select
        .bind(organization)
        .push(" and m.id in ")
        .list(messages.iter().copied())
        .push(STOPPED);
    let rows = connection.query_all_raw(select.on(connection)).await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}
