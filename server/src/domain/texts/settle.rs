//! What becomes of texts that go out: the gateway's answer, and what it reports later.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{OrganizationId, PhoneNumber, ProviderMessageId, TextFailure, TextId};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Value};

use super::{
    outbox::{ClaimedText, lock},
    state::{Heard, Standing},
    told,
    verdict::{Verdict, give_back, verdict},
};
use crate::domain::{
    core::Core, event_log::Change, fault::Fault, notifications, store::Sql, texting,
};

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
    /// The gateway says that it will never succeed; why, and the class of the failure.
    Refused(TextFailure, String),
    /// It was not handed over, and never will be; why, and the class of the failure.
    KeptBack(TextFailure, String),
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

/// Writes down how the handing over of texts of one organization ended, and gives for each, in order, where it stands. What
/// was reported before the gateway's own answer stays. A notification whose text did not leave goes back to its own outbox,
/// which decides whether it is still needed. Four statements at most, two more when conversations have an event, and five more
/// when somebody is told that a message has failed; those of a STOP for each number that the gateway has blocked.
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
    let mut moved = Vec::new();
    for (claimed, handed) in ended {
        let had = current
            .get(&claimed.row.id)
            .filter(|row| row.leased_by == claimed.row.leased_by);
        let Some(row) = had else {
            settled.push(TextSettled::Lost);
            continue;
        };
        let verdict = verdict(&core.entropy, change.now, row, handed);
        settled.push(verdict.settled);
        returned.extend(give_back(row, &verdict));
        moved.push((row, verdict.standing));
        verdicts.push(verdict);
    }
    told::record(core, &mut change, &moved).await?;
    for number in stopped(ended) {
        texting::stopped_at_gateway(core, &mut change, number).await?;
    }
    write(change.tx(), organization, change.now, &verdicts).await?;
    notifications::take_back(core, change.tx(), organization, change.now, &returned).await?;
    change.commit().await?;
    Ok(settled)
}

/// The numbers that the gateway refused because STOP came to it, each once and in one order: their patients' rows are locked.
fn stopped(ended: &[(ClaimedText, Handed)]) -> Vec<&PhoneNumber> {
    let refused = ended
        .iter()
        .filter(|(_, handed)| matches!(handed, Handed::Refused(TextFailure::OptedOut, _)));
    let mut numbers: Vec<_> = refused.map(|(text, _)| &text.row.their_number).collect();
    numbers.sort_unstable_by_key(|number| number.reveal());
    numbers.dedup();
    numbers
}

/// Takes in what a gateway reports of a text; tells whether that changed anything. Four statements at most, two more when its
/// conversation has an event, and five more when somebody is told that its message has failed.
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
    told::record(core, &mut change, &[(&row, standing)]).await?;
    if heard == Heard::Failed(TextFailure::OptedOut) {
        texting::stopped_at_gateway(core, &mut change, &row.their_number).await?;
    }
    write(change.tx(), organization, change.now, &[verdict]).await?;
    notifications::take_back(core, change.tx(), organization, change.now, &returned).await?;
    change.commit().await?;
    Ok(true)
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
