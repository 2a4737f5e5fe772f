//! That what a patient wrote needs no answer, or was answered otherwise: "Thanks!" does not wait for anybody.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, ConversationStatus, EventKind, MessageId, OrganizationId, PersonId,
    answer_mark, message,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, FromQueryResult as _, QueryFilter as _,
};

use super::{Stretch, expected, held::write, stretch::UNANSWERED};
use crate::domain::{
    conversations::followers,
    core::Core,
    event_log::{Change, NewEvent},
    fault::Fault,
    policy::{AsClinician, ConversationInView, Denied, hold_conversation},
    store::{Sql, sql},
};

/// What of a conversation a mark is about.
struct Unanswered {
    /// Whether anything that waits stands up to the message of the mark.
    covered: bool,
    /// When the first message was stored that waits and stands after it.
    since: Option<DateTime<Utc>>,
}

/// Says that what the patient wrote up to a message needs no answer; what came later goes on waiting for one. Nothing changes
/// where nothing waits up to there. Also what was written after the end of a conversation can be marked. Two statements, and
/// six more when it changes anything.
///
/// # Errors
/// [`Denied::NotFound`] when the conversation does not exist for the clinician, or holds no such message.
pub async fn mark_answered(
    core: &Core,
    clinician: &AsClinician,
    id: ConversationId,
    upto: MessageId,
) -> Result<(), Denied> {
    let mut change = Change::begin(core, clinician.organization()).await?;
    // Whoever writes holds the same row: a message is stored before this, and waits if it stands after `upto`, or after it.
    let in_view = hold_conversation(change.tx(), clinician, id).await?;
    let Some(waits_since) = in_view.conversation().unanswered_since else {
        return Ok(());
    };
    let upto = message::Entity::find_by_id((clinician.organization(), upto))
        .filter(message::Column::ConversationId.eq(id))
        .one(change.tx())
        .await?
        .ok_or(Denied::NotFound)?;
    let unanswered = unanswered(&change, &upto, waits_since).await?;
    if !unanswered.covered {
        return Ok(());
    }
    keep(&change, clinician, id, upto.seq).await?;
    let stretch = left(&change, clinician, &in_view, unanswered.since)?;
    write(&change, std::iter::once((id, stretch))).await?;
    record(&mut change, clinician, &in_view).await?;
    change.commit().await?;
    Ok(())
}

/// What was written before the patient began to wait, and had ended with the conversation, waits no more.
async fn unanswered(
    change: &Change,
    upto: &message::Model,
    waits_since: DateTime<Utc>,
) -> Result<Unanswered, Fault> {
    let tx = change.tx();
    let select = format!(
        "select min(case when m.seq <= $3 then m.seq end) as covered, min(case when m.seq > $3 then m.created_at end) as since \
         from message m where m.organization_id = $1 and m.conversation_id = $2 and m.created_at >= $4 \
         and {UNANSWERED}"
    );
    let values = [
        change.organization().into(),
        upto.conversation_id.into(),
        upto.seq.into(),
        waits_since.into(),
    ];
    let row = tx.query_one_raw(sql(tx, &select, values)).await?;
    let row = row.ok_or(Fault::Corrupt("unanswered messages"))?;
    Ok(Unanswered {
        covered: row.try_get::<Option<i64>>("", "covered")?.is_some(),
        since: row.try_get("", "since")?,
    })
}

async fn keep(
    change: &Change,
    clinician: &AsClinician,
    id: ConversationId,
    seq: i64,
) -> Result<(), Fault> {
    let tx = change.tx();
    tx.execute_raw(sql(
        tx,
        "insert into answer_mark (organization_id, conversation_id, seq, staff_id, marked_at) values ($1, $2, $3, $4, $5)",
        [
            change.organization().into(),
            id.into(),
            seq.into(),
            clinician.staff().into(),
            change.now.into(),
        ],
    ))
    .await?;
    Ok(())
}

/// How the conversation stands when what waits was first asked at a later moment, or nothing waits any more.
fn left(
    change: &Change,
    clinician: &AsClinician,
    in_view: &ConversationInView,
    since: Option<DateTime<Utc>>,
) -> Result<Stretch, Fault> {
    let conversation = in_view.conversation();
    let mut stretch = Stretch::of(conversation);
    match since {
        None => {
            stretch.end();
            // Where it has ended nobody needs to listen any more.
            stretch.look_at = Some(change.now);
        }
        Some(since) => {
            let viewer = clinician.viewer();
            let due = match conversation.status {
                ConversationStatus::Open => expected(
                    viewer.settings(),
                    viewer.time_zone(),
                    conversation.kind,
                    since,
                )?,
                // Of what is written after the end nothing is promised.
                ConversationStatus::Closed => None,
            };
            stretch.begin_later(since, change.now, due.map(|expected| expected.by));
        }
    }
    Ok(stretch)
}

/// Lists and open views follow; it alerts nobody.
async fn record(
    change: &mut Change,
    clinician: &AsClinician,
    in_view: &ConversationInView,
) -> Result<(), Fault> {
    let (organization, id) = (in_view.organization(), in_view.id());
    let settings = clinician.viewer().settings();
    let found = followers(change.tx(), organization, settings, &BTreeSet::from([id])).await?;
    let kind = match in_view.conversation().case_status {
        Some(_) => EventKind::CaseChanged,
        None => EventKind::ConversationChanged,
    };
    let audience = found.get(&id).map(|followers| followers.audience(false));
    change.record(NewEvent {
        audience: audience.unwrap_or_default(),
        ..NewEvent::new(kind)
            .by(PersonId::Staff(clinician.staff()))
            .within(id)
            .of(in_view.patient())
    });
    Ok(())
}

/// What was said last of each of several conversations, for those who may see it. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn answer_marks(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, answer_mark::Model>, Fault> {
    let mut select = Sql::new("select k.* from answer_mark k where k.organization_id = ");
    select
        .bind(organization)
        .push(" and k.conversation_id in ")
        .list(conversations.iter().copied())
        .push(
            " and not exists (select 1 from answer_mark later where later.organization_id = k.organization_id \
             and later.conversation_id = k.conversation_id and later.seq > k.seq)",
        );
    let rows = connection.query_all_raw(select.on(connection)).await?;
    rows.iter()
        .map(|row| {
            let mark = answer_mark::Model::from_query_result(row, "")?;
            Ok((mark.conversation_id, mark))
        })
        .collect()
}
