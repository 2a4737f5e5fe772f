//! What was written since the author of a scheduled message looked (NEW-2).
//!
//! When a message is scheduled, the rule is that of any message: a colleague's answer holds it back. When it leaves, hours or
//! months later, what the patient has written counts too: it may ask for something else by then.

use entity::{
    ConversationId, MessageId, MessageKind, OrganizationId, PersonKind, StaffId, scheduled_message,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::ScheduleError;
use crate::domain::{
    event_log::Position,
    fault::Fault,
    messages::{SendError, Wording},
    policy::{AsClinician, ConversationInView},
    store::{Sql, sql},
};

/// The most messages that a refusal names.
const SHOWN: i64 = 20;

/// The number of the newest message that somebody has seen who has seen the log up to a position. One statement.
pub(super) async fn seen_seq(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    conversation: ConversationId,
    position: Position,
) -> Result<i64, Fault> {
    let row = connection
        .query_one_raw(sql(
            connection,
            "select seq from message where organization_id = $1 and conversation_id = $2 and position <= $3 order by seq desc limit 1",
            [organization.into(), conversation.into(), position.0.into()],
        ))
        .await?;
    Ok(row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or(0))
}

/// What the author of a guarded message has seen, unless a colleague has answered since. Two statements, none without a guard.
pub(super) async fn check(
    tx: &DatabaseTransaction,
    clinician: &AsClinician,
    conversation: &ConversationInView,
    wording: &Wording,
) -> Result<Option<i64>, ScheduleError> {
    let Some(position) = wording.seen_position() else {
        return Ok(None);
    };
    let (organization, id) = (conversation.organization(), conversation.id());
    let seen = seen_seq(tx, organization, id, position).await?;
    let mut select = written_since((organization, id), seen, clinician.staff());
    select.push(" and author_kind = ").bind(PersonKind::Staff);
    select.push(" order by seq limit ").bind(SHOWN);
    let rows = tx.query_all_raw(select.on(tx)).await?;
    let missed = rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<Vec<MessageId>, _>>()?;
    if missed.is_empty() {
        Ok(Some(seen))
    } else {
        Err(SendError::AnsweredMeanwhile(missed).into())
    }
}

/// Whether somebody else, colleague or patient, has written since the author of a guarded message looked. The conversation is
/// locked. One statement, none without a guard.
pub(super) async fn is_overtaken(
    tx: &DatabaseTransaction,
    waiting: &scheduled_message::Model,
    conversation: ConversationId,
) -> Result<bool, Fault> {
    let Some(seen) = waiting.seen_seq else {
        return Ok(false);
    };
    let mut select = written_since(
        (waiting.organization_id, conversation),
        seen,
        waiting.author_id,
    );
    select.push(" limit 1");
    Ok(tx.query_one_raw(select.on(tx)).await?.is_some())
}

fn written_since(
    (organization, conversation): (OrganizationId, ConversationId),
    seq: i64,
    author: StaffId,
) -> Sql {
    let mut select = Sql::new("select id from message where organization_id = ");
    select
        .bind(organization)
        .push(" and conversation_id = ")
        .bind(conversation)
        .push(" and seq > ")
        .bind(seq)
        .push(" and kind = ")
        .bind(MessageKind::Message)
        .push(" and author_id <> ")
        .bind(author);
    select
}
