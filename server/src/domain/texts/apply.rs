//! Letting texts that came in have their effect: each exactly once, those of one sender in the order in which they came.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    InboundState, MessageBody, QuarantineReason, TextDirection, TextId, TextPurpose, TextState,
    inbound_text, text,
};
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait as _, DatabaseTransaction, DbBackend,
    FromQueryResult as _, IntoActiveModel as _,
};

use super::{
    arrival::body_place,
    inbound::{InboundText, Received},
    measure, quarantine,
    turn::{FIRST, Waiting, gateways, waiting},
};
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    store::{Sql, sql},
    texting,
};

/// How often a text that cannot be handled is tried. After that staff see it, and it holds up its sender's others no more.
const ATTEMPTS: i32 = 5;
/// How long it rests in between, each time twice as long.
const REST: TimeDelta = TimeDelta::seconds(2);

/// Lets texts that wait have their effect, a turn of each gateway; tells how many. One statement when none waits; otherwise one
/// more for each gateway that has some, and for each text at most eight besides what it causes.
///
/// # Errors
/// Any failure of the database while looking for them. A text that cannot be handled rests, and the others of its sender with it.
pub async fn apply_waiting(core: &Core) -> Result<u64, Fault> {
    let mut turns = Vec::new();
    for gateway in gateways(core).await? {
        turns.push(waiting(core, gateway).await?.into_iter());
    }
    let mut applied = 0;
    // One of each gateway after the other: what one clinic is flooded with does not keep the others waiting.
    while !turns.is_empty() {
        let mut round = Vec::with_capacity(turns.len());
        turns.retain_mut(|texts| texts.next().map(|text| round.push(text)).is_some());
        for text in round {
            applied += u64::from(apply_or_rest(core, &text).await?);
        }
    }
    Ok(applied)
}

/// Tells whether the text had its effect, or rests from now on.
async fn apply_or_rest(core: &Core, waiting: &Waiting) -> Result<bool, Fault> {
    match apply(core, waiting).await {
        Ok(is_applied) => Ok(is_applied),
        Err(fault) => {
            tracing::error!(
                inbound_text.id = %waiting.id.0,
                error.class = fault.class(),
                "a text that came in could not be handled"
            );
            rest(core, waiting).await?;
            Ok(true)
        }
    }
}

async fn apply(core: &Core, waiting: &Waiting) -> Result<bool, Fault> {
    let mut change = Change::begin(core, waiting.organization).await?;
    let Some(row) = take(change.tx(), change.now, waiting).await? else {
        return Ok(false);
    };
    let is_last = row.attempts >= ATTEMPTS;
    let text = opened(core, &row, is_last)?;
    let received = if is_last {
        Received::Quarantined(QuarantineReason::NotHandled)
    } else if texting::inbound::is_stop(&text) || is_ours(change.tx(), &row).await? {
        texting::inbound::receive(core, &mut change, &text).await?
    } else {
        Received::Quarantined(QuarantineReason::UnknownReceiver)
    };
    let state = match received {
        Received::Taken { patient, message } => {
            keep_record(core, &change, &text, patient, message).await?;
            InboundState::Applied
        }
        Received::Quarantined(reason) => {
            quarantine::store(core, &mut change, &text, reason).await?;
            InboundState::Quarantined
        }
    };
    finish(change.tx(), change.now, waiting, state).await?;
    change.commit().await?;
    Ok(true)
}

/// Takes the text's lock, unless another node has it or it is not the first of its sender any more.
async fn take(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    waiting: &Waiting,
) -> Result<Option<inbound_text::Model>, Fault> {
    let mut select = Sql::new("select i.* from inbound_text i where i.organization_id = ");
    select
        .bind(waiting.organization)
        .push(" and i.id = ")
        .bind(waiting.id)
        .push(" and i.state = 'PENDING' and i.due_at <= ")
        .bind(now)
        .push(" and ")
        .push(FIRST);
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for update of i skip locked");
    }
    let row = tx.query_one_raw(select.on(tx)).await?;
    Ok(row
        .map(|row| inbound_text::Model::from_query_result(&row, ""))
        .transpose()?)
}

/// The text with what it says. When it is about to be given up, it may be one that cannot be read.
fn opened(core: &Core, row: &inbound_text::Model, is_last: bool) -> Result<InboundText, Fault> {
    let place = body_place(row.organization_id, row.id);
    let sealed = row.body.as_ref().ok_or(Fault::Corrupt("inbound body"));
    let body = match sealed.and_then(|sealed| core.secret.unseal(place, sealed)) {
        Err(_) if is_last => String::new(),
        read => read?,
    };
    Ok(InboundText {
        organization: row.organization_id,
        id: row.id,
        gateway: row.gateway_id,
        provider_message_id: row.provider_message_id.clone(),
        our_number: row.our_number.clone(),
        from: row.their_number.clone(),
        body: MessageBody::new(body),
        has_pictures: row.pictures > 0,
        received_at: row.received_at,
    })
}

/// Whether it was sent to a number of the organization's gateway.
async fn is_ours(tx: &DatabaseTransaction, row: &inbound_text::Model) -> Result<bool, Fault> {
    let found = tx
        .query_one_raw(sql(
            tx,
            "select 1 from text_number where organization_id = $1 and number = $2 and gateway_id = $3",
            [
                row.organization_id.into(),
                row.our_number.clone().into(),
                row.gateway_id.into(),
            ],
        ))
        .await?;
    Ok(found.is_some())
}

/// Writes down that the text came, without what it says: that stands in the message, if anywhere.
pub(super) async fn keep_record(
    core: &Core,
    change: &Change,
    text: &InboundText,
    patient: Option<entity::PatientId>,
    message: Option<(entity::ConversationId, entity::MessageId)>,
) -> Result<(), Fault> {
    let length = measure(text.body.reveal());
    let row = text::Model {
        organization_id: text.organization,
        id: TextId(core.entropy.uuid(change.now)),
        direction: TextDirection::Inbound,
        purpose: TextPurpose::Message,
        gateway_id: text.gateway,
        our_number: text.our_number.clone(),
        their_number: text.from.clone(),
        patient_id: patient,
        message_id: message.map(|(_, message)| message),
        conversation_id: message.map(|(conversation, _)| conversation),
        notification_id: None,
        provider_message_id: Some(text.provider_message_id.clone()),
        state: TextState::Received,
        reason: None,
        error: None,
        encoding: length.encoding,
        segments: i32::try_from(length.segments).unwrap_or(i32::MAX),
        body: None,
        idempotency_key: format!("inbound {}", text.id.0.simple()),
        due_at: change.now,
        attempts: 0,
        leased_until: None,
        leased_by: None,
        created_at: text.received_at,
        changed_at: change.now,
    };
    row.into_active_model().insert(change.tx()).await?;
    Ok(())
}

/// What a text says is gone from here with its effect: it may have been a date of birth (TXT-5).
async fn finish(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    waiting: &Waiting,
    state: InboundState,
) -> Result<(), Fault> {
    tx.execute_raw(sql(
        tx,
        "update inbound_text set state = $3, applied_at = $4, body = null where organization_id = $1 and id = $2",
        [
            waiting.organization.into(),
            waiting.id.into(),
            state.into(),
            now.into(),
        ],
    ))
    .await?;
    Ok(())
}

/// Lets a text rest that could not be handled. Those of its sender that wait behind it are not looked at meanwhile. Two statements.
async fn rest(core: &Core, waiting: &Waiting) -> Result<(), Fault> {
    let writer = core.store.writer();
    let reader = core.store.reader();
    let row = reader
        .query_one_raw(sql(
            reader,
            "select attempts from inbound_text where organization_id = $1 and id = $2",
            [waiting.organization.into(), waiting.id.into()],
        ))
        .await?;
    let attempts: i32 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    let rest = REST * (1 << attempts.clamp(0, ATTEMPTS));
    writer
        .execute_raw(sql(
            writer,
            "update inbound_text set attempts = attempts + 1, due_at = $3 where organization_id = $1 and id = $2 and state = 'PENDING'",
            [
                waiting.organization.into(),
                waiting.id.into(),
                (core.clock.now() + rest).into(),
            ],
        ))
        .await?;
    Ok(())
}
