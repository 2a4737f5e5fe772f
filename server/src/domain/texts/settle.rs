//! What becomes of texts that go out: the gateway's answer, and what it reports later.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    EventKind, NotificationId, OrganizationId, ProviderMessageId, TextFailure, TextId, TextState,
    text,
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};

use super::{
    outbox::{ClaimedText, lock},
    state::{Heard, Standing},
};
use crate::domain::{
    core::Core,
    event_log::{Change, NewEvent},
    fault::Fault,
    notifications::{self, jittered},
    store::Sql,
};

/// How long a text waits after each failed attempt. After the last one it has failed.
const WAITS: [TimeDelta; 6] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
];
/// The longest wait that a gateway can ask for.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// How handing a text over ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    /// The gateway took it, and calls it so.
    Taken(Option<ProviderMessageId>),
    /// It lies in the development outbox, which is as far as it goes.
    Kept,
    /// It may succeed later; the class of the failure, and how long the gateway wants to be left alone.
    Deferred(String, Option<TimeDelta>),
    /// It may succeed when somebody has mended how the gateway is set up; the class of the failure.
    LockedOut(String),
    /// It will never succeed, and the class of the failure.
    Refused(TextFailure, String),
    /// Nobody tried: the gateway rests, or the server stops. It costs no attempt.
    Untried,
}

/// Where a text stands after it was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextSettled {
    /// It left.
    Sent,
    /// It is tried again.
    Retried,
    /// It failed for good.
    Failed,
    /// It was put back untried.
    Released,
    /// The lease had ended, and another worker has it.
    Lost,
}

/// What is written down about a text.
struct Verdict {
    id: TextId,
    standing: Standing,
    error: Option<String>,
    provider: Option<ProviderMessageId>,
    due_at: DateTime<Utc>,
    attempts: i32,
    settled: TextSettled,
    /// Whether it was not the text's own fault that it did not leave, so that another one may.
    passing: bool,
}

/// Writes down how the handing over of texts of one organization ended, and gives for each, in order, where it stands. What
/// was reported before the gateway's own answer stays. A notification whose text did not leave goes back to its own outbox,
/// which decides whether it is still needed. Four statements at most, and two more when conversations have an event.
///
/// # Errors
/// Any failure of the database; the leases then end by themselves, and the texts are claimed again.
pub async fn settle(
    core: &Core,
    organization: OrganizationId,
    ended: &[(ClaimedText, Handed)],
) -> Result<Vec<TextSettled>, Fault> {
    if ended.is_empty() {
        return Ok(Vec::new());
    }
    let mut change = Change::begin(core, organization).await?;
    let ids: Vec<_> = ended.iter().map(|(claimed, _)| claimed.row.id).collect();
    let current = lock(change.tx(), organization, &ids).await?;
    let mut verdicts = Vec::with_capacity(ended.len());
    let mut settled = Vec::with_capacity(ended.len());
    let mut returned = Vec::new();
    for (claimed, handed) in ended {
        let had = current
            .get(&claimed.row.id)
            .filter(|row| row.leased_by == claimed.row.leased_by);
        let Some(row) = had else {
            settled.push(TextSettled::Lost);
            continue;
        };
        let verdict = verdict(core, change.now, row, handed);
        settled.push(verdict.settled);
        returned.extend(give_back(row, &verdict));
        record(&mut change, row, verdict.standing);
        verdicts.push(verdict);
    }
    write(change.tx(), organization, change.now, &verdicts).await?;
    notifications::take_back(core, change.tx(), organization, change.now, &returned).await?;
    change.commit().await?;
    Ok(settled)
}

/// Takes in what a gateway reports of a text; tells whether that changed anything. Four statements at most, and two more when
/// its conversation has an event.
///
/// # Errors
/// Any failure of the database.
pub async fn report(
    core: &Core,
    (organization, gateway): (OrganizationId, entity::TextGatewayId),
    id: TextId,
    provider: Option<ProviderMessageId>,
    (heard, class): (Heard, Option<String>),
) -> Result<bool, Fault> {
    let mut change = Change::begin(core, organization).await?;
    let mut found = lock(change.tx(), organization, &[id]).await?;
    let Some(row) = found.remove(&id).filter(|row| {
        let other =
            matches!((&row.provider_message_id, &provider), (Some(one), Some(two)) if one != two);
        row.gateway_id == gateway && !other
    }) else {
        return Ok(false);
    };
    let standing = Standing {
        state: row.state,
        reason: row.reason,
    };
    let Some(standing) = standing.after(heard) else {
        return Ok(false);
    };
    let verdict = Verdict {
        id,
        standing,
        error: class.or_else(|| row.error.clone()),
        provider,
        due_at: row.due_at,
        attempts: row.attempts,
        settled: TextSettled::Sent,
        passing: standing.reason == Some(TextFailure::GatewayUnavailable),
    };
    let returned: Vec<_> = give_back(&row, &verdict).into_iter().collect();
    record(&mut change, &row, standing);
    write(change.tx(), organization, change.now, &[verdict]).await?;
    notifications::take_back(core, change.tx(), organization, change.now, &returned).await?;
    change.commit().await?;
    Ok(true)
}

fn verdict(core: &Core, now: DateTime<Utc>, row: &text::Model, handed: &Handed) -> Verdict {
    let standing = Standing {
        state: row.state,
        reason: row.reason,
    };
    // With another number on file, a notification finds its way anew.
    let passing = matches!(
        handed,
        Handed::Deferred(..)
            | Handed::LockedOut(_)
            | Handed::Refused(TextFailure::NumberChanged, _)
    );
    let ends =
        |heard, error: Option<&String>, provider: Option<&ProviderMessageId>, settled| Verdict {
            id: row.id,
            standing: standing.after(heard).unwrap_or(standing),
            error: error.cloned(),
            provider: provider.cloned(),
            due_at: row.due_at,
            attempts: row.attempts,
            settled,
            passing,
        };
    let later = |class: &String, wait, at_last| match wait_after(core, row, wait) {
        Some(wait) => Verdict {
            due_at: now + wait,
            settled: TextSettled::Retried,
            standing,
            ..ends(Heard::Accepted, Some(class), None, TextSettled::Sent)
        },
        None => ends(
            Heard::Failed(at_last),
            Some(class),
            None,
            TextSettled::Failed,
        ),
    };
    match handed {
        Handed::Taken(provider) => {
            ends(Heard::Accepted, None, provider.as_ref(), TextSettled::Sent)
        }
        Handed::Kept => ends(Heard::Delivered, None, None, TextSettled::Sent),
        Handed::Refused(failure, class) => ends(
            Heard::Failed(*failure),
            Some(class),
            None,
            TextSettled::Failed,
        ),
        Handed::Untried => Verdict {
            attempts: row.attempts - 1,
            settled: TextSettled::Released,
            standing,
            ..ends(Heard::Accepted, row.error.as_ref(), None, TextSettled::Sent)
        },
        Handed::Deferred(class, wait) => later(class, *wait, TextFailure::GatewayUnavailable),
        Handed::LockedOut(class) => later(class, None, TextFailure::GatewayRefused),
    }
}

/// How long a text waits for its next attempt; none when there is none. A notification is tried once: its own outbox has the
/// attempts, and looks before each whether it is still needed.
fn wait_after(core: &Core, row: &text::Model, asked: Option<TimeDelta>) -> Option<TimeDelta> {
    if row.notification_id.is_some() {
        return None;
    }
    let failures = usize::try_from(row.attempts.saturating_sub(1)).ok()?;
    let wait = jittered(*WAITS.get(failures)?, &core.entropy);
    Some(wait.max(asked.unwrap_or_default().min(LONGEST_WAIT)))
}

/// The notification of a text that failed, with the class of the failure and whether it may succeed later.
fn give_back(row: &text::Model, verdict: &Verdict) -> Option<(NotificationId, String, bool)> {
    let failed = verdict.standing.state == TextState::Failed && row.state != TextState::Failed;
    let id = row.notification_id.filter(|_| failed)?;
    let class = verdict.error.clone().unwrap_or_else(|| "sms".to_owned());
    Some((id, class, verdict.passing))
}

fn record(change: &mut Change, row: &text::Model, standing: Standing) {
    if standing.state == row.state {
        return;
    }
    if let (Some(conversation), Some(message)) = (row.conversation_id, row.message_id) {
        change.record(NewEvent {
            message: Some(message),
            ..NewEvent::new(EventKind::TextMoved).within(conversation)
        });
    }
}

/// A body is kept only until the gateway has it.
async fn write(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    now: DateTime<Utc>,
    verdicts: &[Verdict],
) -> Result<(), Fault> {
    if verdicts.is_empty() {
        return Ok(());
    }
    let mut update = Sql::new(
        "update text set changed_at = case when text.state = v.column2 then text.changed_at else ",
    );
    update
        .bind(now)
        .push(
            " end, state = v.column2, reason = v.column3, error = v.column4, \
             provider_message_id = coalesce(text.provider_message_id, v.column5), due_at = v.column6, attempts = v.column7, \
             body = case when v.column2 = 'QUEUED' then text.body end, leased_until = null, leased_by = null from (values ",
        )
        .rows(verdicts.iter().map(|verdict| -> [Value; 7] {
            [
                verdict.id.into(),
                verdict.standing.state.into(),
                verdict.standing.reason.into(),
                verdict.error.clone().into(),
                verdict.provider.clone().into(),
                verdict.due_at.into(),
                verdict.attempts.into(),
            ]
        }))
        .push(") as v where text.organization_id = ")
        .bind(organization)
        .push(" and text.id = v.column1");
    tx.execute_raw(update.on(tx)).await?;
    Ok(())
}
