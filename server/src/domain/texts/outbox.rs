//! Taking texts that wait to the gateways: claims with a lease, for each gateway by itself, so that one that hangs holds up
//! no other.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{MessageBody, OrganizationId, TextFailure, TextGatewayId, TextId, text, text_gateway};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, FromQueryResult as _};
use uuid::Uuid;

use super::{
    gateways::{credential_place, webhook_place},
    outbound::body_place,
};
use crate::domain::{
    core::Core,
    fault::Fault,
    secret::Secret,
    store::{Sql, sql},
    texting::leaving::{Leaving, kept_back},
};

/// How long a worker keeps what it has claimed. After that another worker takes it: the first one is gone.
pub const LEASE: TimeDelta = TimeDelta::minutes(2);

/// A gateway with its secrets, for whoever talks to it.
#[derive(Clone, Debug)]
pub struct OpenGateway {
    /// The row.
    pub row: text_gateway::Model,
    /// The authentication token or password.
    pub credential: Option<Secret>,
    /// What its webhooks must name.
    pub webhook_secret: Option<Secret>,
}

impl OpenGateway {
    pub(super) fn open(core: &Core, row: text_gateway::Model) -> Result<Self, Fault> {
        let unseal = |place, sealed: &Option<entity::Sealed>| -> Result<Option<Secret>, Fault> {
            let unseal = |sealed| core.secret.unseal(place, sealed).map(Secret::new);
            sealed.as_ref().map(unseal).transpose()
        };
        Ok(Self {
            credential: unseal(credential_place(&row), &row.credential)?,
            webhook_secret: unseal(webhook_place(&row), &row.webhook_secret)?,
            row,
        })
    }
}

/// A text that a worker has for the time of its lease.
#[derive(Clone, Debug)]
pub struct ClaimedText {
    /// The row, as it was claimed.
    pub row: text::Model,
    /// What is to be done with it.
    pub errand: Errand,
}

/// What is to be done with a text that was claimed.
#[derive(Clone, Debug)]
pub enum Errand {
    /// It is handed over.
    HandOver(MessageBody),
    /// It does not leave any more.
    Drop(TextFailure),
}

/// The gateways for which a text is due, except those that are busy. One statement; its cost grows with the gateways that
/// have texts waiting, not with the texts.
///
/// # Errors
/// Any failure of the database. A gateway whose secrets cannot be read is left out.
pub async fn gateways_with_work(
    core: &Core,
    busy: &HashSet<TextGatewayId>,
) -> Result<Vec<OpenGateway>, Fault> {
    let now = core.clock.now();
    let reader = core.store.reader();
    let rows = reader
        .query_all_raw(sql(
            reader,
            "with recursive waiting(gateway_id) as (\
             select gateway_id from (select t.gateway_id from text t where t.state = 'QUEUED' order by t.gateway_id limit 1) as first \
             union all select (select t.gateway_id from text t where t.state = 'QUEUED' and t.gateway_id > w.gateway_id \
             order by t.gateway_id limit 1) from waiting w where w.gateway_id is not null) \
             select g.* from waiting w join text_gateway g on g.id = w.gateway_id where exists (select 1 from text t \
             where t.state = 'QUEUED' and t.gateway_id = g.id and t.due_at <= $1 and (t.leased_until is null or t.leased_until <= $1))",
            [now.into()],
        ))
        .await?;
    let mut gateways = Vec::with_capacity(rows.len());
    for row in rows {
        let row = text_gateway::Model::from_query_result(&row, "")?;
        if busy.contains(&row.id) {
            continue;
        }
        let id = row.id;
        match OpenGateway::open(core, row) {
            Ok(gateway) => gateways.push(gateway),
            Err(fault) => tracing::error!(
                text_gateway.id = %id.0,
                error.class = fault.class(),
                "a gateway could not be opened"
            ),
        }
    }
    Ok(gateways)
}

/// Claims up to `limit` texts of a gateway that are due, and asks again whether each may go. Of the messages to one number only
/// the oldest is claimed: whichever node takes it, none overtakes it. Two statements.
///
/// # Errors
/// Any failure of the database.
pub async fn claim(
    core: &Core,
    worker: Uuid,
    gateway: &OpenGateway,
    limit: u32,
) -> Result<Vec<ClaimedText>, Fault> {
    let now = core.clock.now();
    let organization = gateway.row.organization_id;
    let mut rows = lease(core, worker, now, gateway, limit).await?;
    rows.sort_by_key(|row| (row.created_at, row.id));
    let texts: Vec<_> = rows.iter().map(leaving).collect();
    let kept_back = kept_back(core.store.reader(), organization, now, &texts).await?;
    Ok(rows
        .into_iter()
        .zip(kept_back)
        .map(|(row, kept_back)| ClaimedText {
            errand: errand(core, gateway, kept_back, &row),
            row,
        })
        .collect())
}

/// What keeps a text from leaving that was claimed: its receiver may have said STOP meanwhile. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn kept_back_now(core: &Core, row: &text::Model) -> Result<Option<TextFailure>, Fault> {
    let (reader, now) = (core.store.reader(), core.clock.now());
    let kept_back = kept_back(reader, row.organization_id, now, &[leaving(row)]).await?;
    Ok(kept_back.into_iter().flatten().next())
}

fn leaving(row: &text::Model) -> Leaving<'_> {
    Leaving {
        to: &row.their_number,
        patient: row.patient_id,
        purpose: row.purpose,
        conversation: row.conversation_id,
    }
}

async fn lease(
    core: &Core,
    worker: Uuid,
    now: DateTime<Utc>,
    gateway: &OpenGateway,
    limit: u32,
) -> Result<Vec<text::Model>, Fault> {
    let writer = core.store.writer();
    let mut update = Sql::new(
        "with due as materialized (select t.organization_id, t.id from text t where t.state = 'QUEUED' and t.gateway_id = ",
    );
    let moment = update.bind(gateway.row.id).placeholder(now);
    update
        .push(" and t.due_at <= ")
        .push(&moment)
        .push(" and (t.leased_until is null or t.leased_until <= ")
        .push(&moment)
        .push(") and (t.purpose <> 'MESSAGE' or not exists (select 1 from text e where e.organization_id = t.organization_id \
               and e.their_number = t.their_number and e.purpose = 'MESSAGE' and e.state = 'QUEUED' \
               and (e.created_at, e.id) < (t.created_at, t.id))) order by t.due_at, t.created_at, t.id limit ")
        .bind(i64::from(limit));
    if writer.get_database_backend() == DbBackend::Postgres {
        update.push(" for update skip locked");
    }
    update
        .push(") update text set attempts = attempts + 1, leased_by = ")
        .bind(worker)
        .push(", leased_until = ")
        .bind(now + LEASE)
        .push(" where (organization_id, id) in (select organization_id, id from due) returning *");
    let rows = writer.query_all_raw(update.on(writer)).await?;
    rows.iter()
        .map(|row| Ok(text::Model::from_query_result(row, "")?))
        .collect()
}

fn errand(
    core: &Core,
    gateway: &OpenGateway,
    kept_back: Option<TextFailure>,
    row: &text::Model,
) -> Errand {
    if !gateway.row.active {
        return Errand::Drop(TextFailure::NoGateway);
    }
    if let Some(failure) = kept_back {
        return Errand::Drop(failure);
    }
    let place = body_place(row.organization_id, row.id);
    let sealed = row.body.as_ref().ok_or(Fault::Corrupt("text body"));
    match sealed.and_then(|sealed| core.secret.unseal(place, sealed)) {
        Ok(body) => Errand::HandOver(MessageBody::new(body)),
        Err(fault) => {
            // Sealed under another secret, it cannot be read any more, and must not hold up what can.
            tracing::error!(
                text.id = %row.id.0,
                error.class = fault.class(),
                "a text could not be read"
            );
            Errand::Drop(TextFailure::Unknown)
        }
    }
}

/// Takes the locks of texts that go out, in the order of their ids. One statement.
pub(super) async fn lock(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    ids: &[TextId],
) -> Result<HashMap<TextId, text::Model>, Fault> {
    let mut select = Sql::new("select * from text where organization_id = ");
    select
        .bind(organization)
        .push(" and direction = 'OUTBOUND' and id in ")
        .list(ids.iter().copied())
        .push(" order by id");
    if tx.get_database_backend() == DbBackend::Postgres {
        select.push(" for update");
    }
    tx.query_all_raw(select.on(tx))
        .await?
        .iter()
        .map(|row| {
            let row = text::Model::from_query_result(row, "")?;
            Ok((row.id, row))
        })
        .collect()
}

/// The gateway that a webhook names, whether texts leave by it or not. One statement.
///
/// # Errors
/// Any failure of the database.
pub async fn gateway_of_webhook(
    core: &Core,
    id: TextGatewayId,
) -> Result<Option<OpenGateway>, Fault> {
    let reader = core.store.reader();
    let row = reader
        .query_one_raw(sql(
            reader,
            "select * from text_gateway where id = $1",
            [id.into()],
        ))
        .await?;
    row.map(|row| OpenGateway::open(core, text_gateway::Model::from_query_result(&row, "")?))
        .transpose()
}
