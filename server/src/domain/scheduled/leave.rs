//! Letting scheduled messages leave, each in one transaction with its own row: policy is asked again, and a message that
//! cannot be stored any more is refused with the reason.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    MessageId, MessageKind, OrganizationId, PersonId, ScheduledMessageId, ScheduledRefusal,
    ScheduledStatus, scheduled_message,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, FromQueryResult as _};

use super::words::leaving;
use crate::domain::{
    core::Core,
    event_log::bounds,
    fault::Fault,
    messages::{Bundle, Draft, fits},
    policy::{CanPost, Intent, PostRefused, Way, decide_posts},
    settings::Settings,
    store::{Sql, sql},
};

/// How many messages are looked at, in case other nodes are at work on the first.
const LOOKED_AT: i64 = 8;

/// How long a message rests after a failure, so that the others have their turn.
const REST: TimeDelta = TimeDelta::seconds(30);

/// Lets the scheduled messages leave that are due; tells how many were settled. One statement when nothing is due.
///
/// # Errors
/// The first failure of the database. What was settled stays so, and the message that failed rests for a while.
pub async fn leave(core: &Core) -> Result<usize, Fault> {
    let mut settled = 0;
    let mut failure = None;
    for (organization, id) in due(core).await? {
        match leave_one(core, organization, id).await {
            Ok(left) => settled += usize::from(left),
            Err(fault) => {
                rest(core, organization, id).await?;
                failure.get_or_insert(fault);
            }
        }
    }
    failure.map_or(Ok(settled), Err)
}

async fn rest(
    core: &Core,
    organization: OrganizationId,
    id: ScheduledMessageId,
) -> Result<(), Fault> {
    let writer = core.store.writer();
    let until = core.clock.now() + REST;
    writer
        .execute_raw(sql(
            writer,
            "update scheduled_message set rests_until = $3 where organization_id = $1 and id = $2",
            [organization.into(), id.into(), until.into()],
        ))
        .await?;
    Ok(())
}

async fn due(core: &Core) -> Result<Vec<(OrganizationId, ScheduledMessageId)>, Fault> {
    let reader = core.store.reader();
    let rows = reader
        .query_all_raw(sql(
            reader,
            "select organization_id, id from scheduled_message where status = $1 and due_at <= $2 \
             and (rests_until is null or rests_until <= $2) order by due_at limit $3",
            [
                ScheduledStatus::Waiting.into(),
                core.clock.now().into(),
                LOOKED_AT.into(),
            ],
        ))
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "organization_id")?, row.try_get("", "id")?)))
        .collect()
}

/// Settles one message; tells whether it was this node that did.
async fn leave_one(
    core: &Core,
    organization: OrganizationId,
    id: ScheduledMessageId,
) -> Result<bool, Fault> {
    let now = core.clock.now();
    let tx = core.store.begin().await?;
    let Some(waiting) = take(&tx, organization, id).await? else {
        return Ok(false);
    };
    if waiting.expires_at.is_some_and(|expires| expires <= now) {
        settle(&tx, &waiting, now, ScheduledStatus::Expired, None, None).await?;
        tx.commit().await?;
        return Ok(true);
    }
    match decide(&tx, &waiting).await? {
        Err(refused) => {
            settle(
                &tx,
                &waiting,
                now,
                ScheduledStatus::Refused,
                Some(refused),
                None,
            )
            .await?;
            tx.commit().await?;
        }
        Ok((settings, can_post, draft)) => {
            let author = PersonId::Staff(waiting.author_id);
            let mut bundle = Bundle::default();
            let message = bundle.add(core, now, (author, draft), &can_post);
            settle(&tx, &waiting, now, ScheduledStatus::Sent, None, message).await?;
            bundle
                .store(core, &tx, organization, now, &settings)
                .await?;
            tx.commit().await?;
            let newest = bounds(core.store.reader(), organization).await?.head;
            core.doorbell.ring(organization, newest);
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

/// Takes the row's lock, unless another node has it or the message does not wait any more.
async fn take(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    id: ScheduledMessageId,
) -> Result<Option<scheduled_message::Model>, Fault> {
    let mut select = Sql::new("select m.* from scheduled_message m where m.organization_id = ");
    select
        .bind(organization)
        .push(" and m.id = ")
        .bind(id)
        .push(" and m.status = ")
        .bind(ScheduledStatus::Waiting);
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for update skip locked");
    }
    let row = tx.query_one_raw(select.on(tx)).await?;
    Ok(row
        .map(|row| scheduled_message::Model::from_query_result(&row, ""))
        .transpose()?)
}

/// Whether the author may write it as everything stands now, and what it says.
async fn decide(
    tx: &DatabaseTransaction,
    waiting: &scheduled_message::Model,
) -> Result<Result<(Settings, CanPost, Draft), ScheduledRefusal>, Fault> {
    let author = PersonId::Staff(waiting.author_id);
    let intent = Intent {
        author,
        conversation: waiting.conversation_id,
        kind: MessageKind::Message,
        from_template: waiting.template_id.is_some(),
        way: way(waiting),
        idempotency_key: key(waiting),
    };
    let (settings, decisions) = decide_posts(tx, waiting.organization_id, &[intent]).await?;
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
        Err(refused) => return Ok(Err(refused.into())),
    };
    let draft = leaving(tx, waiting, &can_post, key(waiting)).await?;
    Ok(draft.map(|draft| (settings, can_post, draft)))
}

async fn settle(
    tx: &DatabaseTransaction,
    waiting: &scheduled_message::Model,
    now: DateTime<Utc>,
    status: ScheduledStatus,
    refusal: Option<ScheduledRefusal>,
    message: Option<MessageId>,
) -> Result<(), Fault> {
    tx.execute_raw(sql(
        tx,
        "update scheduled_message set status = $3, refusal = $4, message_id = $5, settled_at = $6 \
         where organization_id = $1 and id = $2",
        [
            waiting.organization_id.into(),
            waiting.id.into(),
            status.into(),
            refusal.into(),
            message.into(),
            now.into(),
        ],
    ))
    .await?;
    Ok(())
}

impl From<PostRefused> for ScheduledRefusal {
    fn from(refused: PostRefused) -> Self {
        match refused {
            PostRefused::PortalChatOff => Self::PortalChatOff,
            PostRefused::NotEnrolled => Self::NotEnrolled,
            PostRefused::PortalDisabled => Self::PortalDisabled,
            PostRefused::PortalAccessMissing => Self::PatientPortalAccessMissing,
            PostRefused::NoContactOnFile => Self::NoContactOnFile,
            PostRefused::NotOffered => Self::KindNotOffered,
            PostRefused::NotStarted => Self::NotStarted,
            PostRefused::Closed => Self::ConversationClosed,
            PostRefused::TemplateOnly => Self::TemplateRequired,
            // The last three are refusals of what patients write.
            PostRefused::NotFound
            | PostRefused::NotClinician
            | PostRefused::NoteByPatient
            | PostRefused::RepliesOff
            | PostRefused::AlreadyReplied => Self::AuthorNotAllowed,
        }
    }
}
