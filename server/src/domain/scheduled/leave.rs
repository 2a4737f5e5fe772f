//! Letting scheduled messages leave, each in one transaction with its own row: policy is asked again, and a message that
//! cannot be stored any more is refused with the reason.

use chrono::{DateTime, Utc};
use entity::{ConversationId, MessageKind, PersonId, ScheduledStatus, scheduled_message};
use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, DbBackend, FromQueryResult as _,
    TransactionTrait as _,
};

use super::{
    files::{self, Stopper},
    guard,
    outcome::{Outcome, refusal_of, refusal_of_beginning, settle},
    request::addressed,
    retry::{self, Due},
    told::{self, Stopped},
    words,
};
use crate::domain::{
    conversations::{NewSecureMessage, StoreError, may_begin, store},
    core::Core,
    event_log::bounds,
    fault::Fault,
    messages::{Bundle, admit_files, fits},
    policy::{Intent, PostRefused, Way, decide_posts},
    store::{Sql, sql},
};

/// How many messages are looked at, in case other nodes are at work on the first.
const LOOKED_AT: i64 = 8;

/// Lets the scheduled messages leave that are due; tells how many were settled. One statement when nothing is due.
///
/// # Errors
/// The first failure of the database. What was settled stays so, and the message that failed rests for a while, or ends.
pub async fn leave(core: &Core) -> Result<usize, Fault> {
    let mut settled = 0;
    let mut failure = None;
    for due in due(core).await? {
        match leave_one(core, &due).await {
            Ok(left) => settled += usize::from(left),
            Err(fault) => {
                retry::after(core, &due, &fault).await?;
                failure.get_or_insert(fault);
            }
        }
    }
    failure.map_or(Ok(settled), Err)
}

async fn due(core: &Core) -> Result<Vec<Due>, Fault> {
    let reader = core.store.reader();
    let rows = reader
        .query_all_raw(sql(
            reader,
            "select organization_id, id, attempts from scheduled_message where status = $1 and due_at <= $2 \
             and (rests_until is null or rests_until <= $2) order by due_at limit $3",
            [
                ScheduledStatus::Waiting.into(),
                core.clock.now().into(),
                LOOKED_AT.into(),
            ],
        ))
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Due {
                organization: row.try_get("", "organization_id")?,
                id: row.try_get("", "id")?,
                attempts: row.try_get("", "attempts")?,
            })
        })
        .collect()
}

/// Settles one message; tells whether it was this node that did.
async fn leave_one(core: &Core, due: &Due) -> Result<bool, Fault> {
    let now = core.clock.now();
    let tx = core.store.begin().await?;
    let Some(waiting) = take(&tx, due, now).await? else {
        return Ok(false);
    };
    let outcome = if waiting.expires_at.is_some_and(|expires| expires <= now) {
        Outcome::Expired
    } else {
        match waiting.conversation_id {
            Some(conversation) => write(core, &tx, &waiting, conversation, now).await?,
            None => begin(core, &tx, &waiting, now).await?,
        }
    };
    settle(&tx, &waiting, now, outcome).await?;
    match outcome {
        // That is told as a message.
        Outcome::Sent(..) => {
            tx.commit().await?;
            let newest = bounds(core.store.reader(), due.organization).await?.head;
            core.doorbell.ring(due.organization, newest);
        }
        Outcome::Expired | Outcome::Held | Outcome::Refused(_) => {
            told::stopped(core, tx, Stopped::of(&waiting), now).await?;
        }
    }
    Ok(true)
}

/// By which way it may go. What a template says is formatted, and goes into the portal.
fn way(waiting: &scheduled_message::Model) -> Way {
    let own = waiting
        .body
        .as_ref()
        .filter(|_| waiting.template_id.is_none());
    Way::ToPatient {
        chosen: None,
        fits: own.is_some_and(|body| fits(body, waiting.html.as_ref())),
    }
}

/// The message's own key. Clients' keys hold no spaces, so it is none of theirs.
fn key(waiting: &scheduled_message::Model) -> String {
    format!("scheduled {}", waiting.id.0.simple())
}

/// Takes the row's lock, unless another node has it or the message does not wait any more, or rests after it failed there.
async fn take(
    tx: &DatabaseTransaction,
    due: &Due,
    now: DateTime<Utc>,
) -> Result<Option<scheduled_message::Model>, Fault> {
    let mut select = Sql::new("select m.* from scheduled_message m where m.organization_id = ");
    select
        .bind(due.organization)
        .push(" and m.id = ")
        .bind(due.id)
        .push(" and m.status = ")
        .bind(ScheduledStatus::Waiting)
        .push(" and (m.rests_until is null or m.rests_until <= ")
        .bind(now)
        .push(")");
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for update skip locked");
    }
    let row = tx.query_one_raw(select.on(tx)).await?;
    Ok(row
        .map(|row| scheduled_message::Model::from_query_result(&row, ""))
        .transpose()?)
}

/// Writes the message in its conversation, if everything still lets its author do so.
async fn write(
    core: &Core,
    tx: &DatabaseTransaction,
    waiting: &scheduled_message::Model,
    conversation: ConversationId,
    now: DateTime<Utc>,
) -> Result<Outcome, Fault> {
    let organization = waiting.organization_id;
    let author = PersonId::Staff(waiting.author_id);
    let intent = Intent {
        author,
        conversation,
        kind: MessageKind::Message,
        from_template: waiting.template_id.is_some(),
        way: way(waiting),
        idempotency_key: key(waiting),
    };
    let (settings, decisions) = decide_posts(tx, organization, now, &[intent]).await?;
    let decision = decisions
        .into_iter()
        .next()
        .unwrap_or(Err(PostRefused::NotFound));
    let decision = decision.and_then(|can_post| {
        can_post.check_turn(author.kind(), can_post.so_far())?;
        Ok(can_post)
    });
    let can_post = match decision {
        Ok(can_post) => can_post,
        Err(refused) => return Ok(Outcome::Refused(refused.into())),
    };
    // Under the conversation's lock: nobody writes in between.
    if guard::is_overtaken(tx, waiting, conversation).await? {
        return Ok(Outcome::Held);
    }
    let draft = match words::leaving(tx, waiting, &can_post, key(waiting)).await? {
        Ok(draft) => draft,
        Err(refused) => return Ok(Outcome::Refused(refused)),
    };
    // The uploads are their author's again for the moment, so that the same is asked of them as of any.
    files::give_back(tx, (organization, waiting.id), Stopper::Server, now).await?;
    let files = files::of(tx, waiting).await?;
    let asked = (author, &files);
    let files = match admit_files(tx, asked, &can_post, &settings.attachments, now).await {
        Ok(files) => files,
        Err(error) => return Ok(Outcome::Refused(refusal_of(error)?)),
    };
    let mut bundle = Bundle::default();
    let message = bundle
        .add(core, now, (author, draft), &can_post)
        .ok_or(Fault::Corrupt("bundle"))?;
    bundle.enclose(files);
    bundle.store(core, tx, organization, now, &settings).await?;
    Ok(Outcome::Sent(conversation, message))
}

/// Begins the secure message, if everything still lets its author do so.
async fn begin(
    core: &Core,
    tx: &DatabaseTransaction,
    waiting: &scheduled_message::Model,
    now: DateTime<Utc>,
) -> Result<Outcome, Fault> {
    let (organization, author) = (waiting.organization_id, waiting.author_id);
    // As for a message in a conversation.
    files::give_back(tx, (organization, waiting.id), Stopper::Server, now).await?;
    let new = NewSecureMessage {
        patient: waiting.patient_id,
        to: addressed(tx, waiting).await?,
        opening: words::opening(waiting, files::of(tx, waiting).await?, key(waiting))?,
    };
    let can_begin = match may_begin(tx, organization, author, &new).await {
        Ok(can_begin) => can_begin,
        Err(error) => return Ok(Outcome::Refused(refusal_of_beginning(error)?)),
    };
    // What is refused half-way is undone as far as it came, and the refusal is stored all the same.
    let attempt = tx.begin().await?;
    match store(core, &attempt, author, &can_begin, &new).await {
        Ok((begun, _)) => {
            attempt.commit().await?;
            Ok(Outcome::Sent(begun.conversation, begun.message.id))
        }
        Err(StoreError::KeyTaken) => Err(Fault::Corrupt("scheduled message")),
        Err(StoreError::Begin(error)) => {
            attempt.rollback().await?;
            Ok(Outcome::Refused(refusal_of_beginning(error)?))
        }
    }
}
