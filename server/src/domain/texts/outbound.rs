//! Texts that go out: stored in the transaction that causes them.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, MessageBody, MessageId, NotificationId, OrganizationId, PatientId, PhoneNumber,
    TextDirection, TextFailure, TextGatewayId, TextId, TextPurpose, TextState,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};

use super::segments::measure;
use crate::domain::{
    core::Core,
    fault::Fault,
    secret::SealedPlace,
    store::{Sql, sql},
    texting::leaving::{Leaving, kept_back},
};

/// A text that is to go out.
#[derive(Clone, Debug)]
pub struct NewText {
    /// To whom: a mobile number in E.164.
    pub to: PhoneNumber,
    /// The clinic's number that it is to come from, such as the one that it answers. Otherwise the one that the receiver has
    /// texted last, or the clinic's first one.
    pub from: Option<PhoneNumber>,
    /// What it says.
    pub body: MessageBody,
    /// What it is for.
    pub purpose: TextPurpose,
    /// The patient.
    pub patient: Option<PatientId>,
    /// The message that it carries.
    pub message: Option<(ConversationId, MessageId)>,
    /// The notification that it carries, and the patient's conversation to which its link leads: the number of a case is the
    /// patient's there.
    pub notification: Option<(NotificationId, Option<ConversationId>)>,
    /// The same key again in the same organization is the same text.
    pub idempotency_key: String,
}

/// What became of a text that was to go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It is stored and will leave.
    New(TextId),
    /// It was stored before, under the same key.
    Earlier,
    /// It is not stored.
    Refused(TextFailure),
}

/// Where an organization's texts leave.
#[derive(Clone, Debug)]
struct Sender {
    gateway: TextGatewayId,
    number: PhoneNumber,
}

/// Stores texts of an organization within the caller's transaction, and tells for each, in order, what became of it. A message
/// is stored whatever keeps it back: it is asked again before it leaves, fails there with the reason, and somebody is told of it.
/// At most four statements for a thousand; two texts of one call do not have the same key.
///
/// # Errors
/// Any failure of the database.
pub(in crate::domain) async fn queue(
    core: &Core,
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    now: DateTime<Utc>,
    texts: &[NewText],
) -> Result<Vec<Queued>, Fault> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let mut senders = senders(tx, organization).await?;
    if senders.is_empty() && texts.iter().all(|text| text.message.is_some()) {
        senders.extend(left_behind(tx, organization).await?);
    }
    let Some(first) = senders.first() else {
        return Ok(vec![Queued::Refused(TextFailure::NoGateway); texts.len()]);
    };
    let leaving: Vec<_> = texts.iter().map(leaving).collect();
    let kept_back = kept_back(tx, organization, now, &leaving).await?;
    let texted = match senders.len() {
        1 => HashMap::new(),
        _ => texted_last(tx, organization, texts).await?,
    };
    let mut outcomes = Vec::with_capacity(texts.len());
    let mut rows = Vec::with_capacity(texts.len());
    for (text, kept_back) in texts.iter().zip(kept_back) {
        if let Some(failure) = kept_back
            && text.message.is_none()
        {
            outcomes.push(Queued::Refused(failure));
            continue;
        }
        let from = text.from.as_ref().or_else(|| texted.get(&text.to));
        let sender = from.and_then(|from| {
            let mut senders = senders.iter();
            senders.find(|sender| sender.number == *from)
        });
        let sender = sender.unwrap_or(first);
        let id = TextId(core.entropy.uuid(now));
        rows.push(row(core, organization, now, id, sender, text)?);
        outcomes.push(Queued::New(id));
    }
    let stored = insert(tx, rows).await?;
    for outcome in &mut outcomes {
        if let Queued::New(id) = outcome
            && !stored.contains(id)
        {
            *outcome = Queued::Earlier;
        }
    }
    Ok(outcomes)
}

fn leaving(text: &NewText) -> Leaving<'_> {
    Leaving {
        to: &text.to,
        patient: text.patient,
        purpose: text.purpose,
        conversation: conversation(text),
    }
}

fn conversation(text: &NewText) -> Option<ConversationId> {
    let of_message = text.message.map(|(conversation, _)| conversation);
    let of_link = text.notification.and_then(|(_, about)| about);
    of_message.or(of_link)
}

/// Which of the organization's numbers each receiver has texted last: there they expect the answer. One statement.
async fn texted_last(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
    texts: &[NewText],
) -> Result<HashMap<PhoneNumber, PhoneNumber>, Fault> {
    let mut select = Sql::new(
        "select * from (select v.column1 as receiver, (select t.our_number from text t where t.organization_id = ",
    );
    select
        .bind(organization)
        .push(
            " and t.their_number = v.column1 and t.direction = 'INBOUND' order by t.created_at desc limit 1) as texted from (values ",
        )
        .rows(texts.iter().map(|text| -> [Value; 1] { [text.to.clone().into()] }))
        .push(") as v) as last where texted is not null");
    let rows = connection.query_all_raw(select.on(connection)).await?;
    let found = rows
        .iter()
        .map(|row| Ok((row.try_get("", "receiver")?, row.try_get("", "texted")?)));
    found.collect()
}

/// The numbers of the organization's gateway, the first one first.
async fn senders(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
) -> Result<Vec<Sender>, Fault> {
    let rows = connection
        .query_all_raw(sql(
            connection,
            "select n.gateway_id, n.number from text_number n join text_gateway g on g.organization_id = n.organization_id \
             and g.id = n.gateway_id where n.organization_id = $1 and g.active = $2 order by n.created_at, n.number",
            [organization.into(), true.into()],
        ))
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Sender {
                gateway: row.try_get_by_index(0)?,
                number: row.try_get_by_index(1)?,
            })
        })
        .collect()
}

/// The gateway by which the organization texted last, for what can only fail: it was taken away meanwhile, with its numbers. One
/// statement.
async fn left_behind(
    connection: &impl ConnectionTrait,
    organization: OrganizationId,
) -> Result<Option<Sender>, Fault> {
    let row = connection
        .query_one_raw(sql(
            connection,
            "select id from text_gateway where organization_id = $1 order by updated_at desc, id desc limit 1",
            [organization.into()],
        ))
        .await?;
    let sender = |row: sea_orm::QueryResult| -> Result<Sender, Fault> {
        Ok(Sender {
            gateway: row.try_get_by_index(0)?,
            number: PhoneNumber::new(""),
        })
    };
    row.map(sender).transpose()
}

/// Where the body of a text lies.
pub(super) const fn body_place(organization: OrganizationId, id: TextId) -> SealedPlace {
    SealedPlace::new(organization, id.0, "text.body")
}

const COLUMNS: usize = 20;

fn row(
    core: &Core,
    organization: OrganizationId,
    now: DateTime<Utc>,
    id: TextId,
    sender: &Sender,
    text: &NewText,
) -> Result<[Value; COLUMNS], Fault> {
    let length = measure(text.body.reveal());
    let place = body_place(organization, id);
    let body = core.secret.seal(&core.entropy, place, text.body.reveal())?;
    Ok([
        organization.into(),
        id.into(),
        TextDirection::Outbound.into(),
        text.purpose.into(),
        sender.gateway.into(),
        sender.number.clone().into(),
        text.to.clone().into(),
        text.patient.into(),
        conversation(text).into(),
        text.message.map(|(_, message)| message).into(),
        text.notification
            .map(|(notification, _)| notification)
            .into(),
        TextState::Queued.into(),
        length.encoding.into(),
        i32::try_from(length.segments).unwrap_or(i32::MAX).into(),
        body.into(),
        text.idempotency_key.clone().into(),
        now.into(),
        0.into(),
        now.into(),
        now.into(),
    ])
}

async fn insert(
    tx: &DatabaseTransaction,
    rows: Vec<[Value; COLUMNS]>,
) -> Result<HashSet<TextId>, Fault> {
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let mut insert = Sql::new(
        "insert into text (organization_id, id, direction, purpose, gateway_id, our_number, their_number, patient_id, conversation_id, \
         message_id, notification_id, state, encoding, segments, body, idempotency_key, due_at, attempts, created_at, changed_at) values ",
    );
    insert
        .rows(rows)
        .push(" on conflict (organization_id, idempotency_key) do nothing returning id");
    let rows = tx.query_all_raw(insert.on(tx)).await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}
