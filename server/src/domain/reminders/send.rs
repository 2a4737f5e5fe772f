//! Sending: who gets it is frozen in one transaction, and the messages leave by themselves.

use entity::{
    EventKind, OrganizationId, PersonId, RecipientStatus, ReminderId, ReminderStatus, reminder,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, Value,
};

use super::{Order, ReminderError, Review, ReviewDigest, Warning, preview};
use crate::domain::{
    core::Core,
    event_log::{Change, NewEvent},
    fault::Fault,
    messages::is_idempotency_key,
    people::values::is_taken,
    policy::AsClinician,
    secret::sha256,
    store::{Sql, blocks},
};

/// A reminder that is on its way.
#[derive(Clone, Debug)]
pub struct Queued {
    /// The reminder.
    pub reminder: reminder::Model,
    /// What keeps patients from hearing of it.
    pub warnings: Vec<Warning>,
    /// Whether an earlier request with the same idempotency key had sent it.
    pub replayed: bool,
}

/// Sends a reminder: stores who gets it and who does not, and answers. The same idempotency key gives the same reminder
/// again. With `seen`, it is held back when the review finds anything else by now than the sender has seen. Five statements
/// beside those of the review, and one for each 512 patients.
///
/// # Errors
/// See [`ReminderError`]; nothing is stored then.
pub async fn send(
    core: &Core,
    clinician: &AsClinician,
    order: &Order,
    idempotency_key: &str,
    seen: Option<ReviewDigest>,
) -> Result<Queued, ReminderError> {
    if !is_idempotency_key(idempotency_key) {
        return Err(ReminderError::BadKey);
    }
    let request = fingerprint(order);
    let reader = core.store.reader();
    if let Some(queued) = earlier(core, reader, clinician, idempotency_key, &request).await? {
        return Ok(queued);
    }
    // What is decided here is decided again when each message leaves, so it needs no lock.
    let review = preview(core, clinician, order).await?;
    if seen.is_some_and(|seen| seen != review.digest) {
        return Err(ReminderError::ReviewOutdated);
    }
    let first_due = review.ready.iter().map(|ready| ready.due_at).min();
    let Some(first_due) = first_due else {
        return Err(ReminderError::NobodyLeft(review.only_reason()));
    };
    let now = core.clock.now();
    let reminder = reminder::Model {
        organization_id: clinician.organization(),
        id: ReminderId(core.entropy.uuid(now)),
        template_id: order.template,
        idempotency_key: idempotency_key.to_owned(),
        request: request.clone(),
        created_by: clinician.staff(),
        created_at: now,
        local_time: order.local_time.map(|time| time.to_string()),
        expires_at: order.expires_at,
        status: ReminderStatus::Queued,
        due_at: Some(first_due),
        recipients: count(review.ready.len() + review.skipped.len())?,
        sent: 0,
        skipped: count(review.skipped.len())?,
        cancelled: 0,
        attempts: 0,
    };
    let mut change = Change::begin(core, clinician.organization()).await?;
    if let Err(error) = reminder
        .clone()
        .into_active_model()
        .insert(change.tx())
        .await
    {
        if !is_taken(&error) {
            return Err(error.into());
        }
        // The same key at the same moment, perhaps on another node: what it stored is the answer.
        drop(change);
        let writer = core.store.writer();
        let queued = earlier(core, writer, clinician, idempotency_key, &request).await?;
        return queued.ok_or(ReminderError::KeyReused);
    }
    freeze(change.tx(), &reminder, &review).await?;
    change.record(progressed(&reminder, clinician));
    change.commit().await?;
    Ok(Queued {
        reminder,
        warnings: review.warnings,
        replayed: false,
    })
}

pub(super) fn count(number: usize) -> Result<i32, Fault> {
    i32::try_from(number).map_err(|_| Fault::Corrupt("recipients"))
}

fn progressed(reminder: &reminder::Model, clinician: &AsClinician) -> NewEvent {
    NewEvent {
        reminder: Some(reminder.id),
        ..NewEvent::new(EventKind::ReminderProgressed).by(PersonId::Staff(clinician.staff()))
    }
}

/// What is asked for, short enough to be kept.
fn fingerprint(order: &Order) -> Vec<u8> {
    let mut bytes = order.template.0.as_bytes().to_vec();
    let time = order.local_time.map(|time| time.to_string());
    bytes.extend_from_slice(time.unwrap_or_default().as_bytes());
    bytes.push(0);
    let expires = order.expires_at.map(|at| at.timestamp_micros());
    bytes.extend_from_slice(&expires.unwrap_or_default().to_be_bytes());
    order.selection.write(&mut bytes);
    sha256(&bytes).to_vec()
}

/// What an earlier request of the same sender with the same key has sent, if it asked for the same. Two statements.
async fn earlier(
    core: &Core,
    connection: &impl ConnectionTrait,
    clinician: &AsClinician,
    key: &str,
    request: &[u8],
) -> Result<Option<Queued>, ReminderError> {
    let found = reminder::Entity::find()
        .filter(reminder::Column::OrganizationId.eq(clinician.organization()))
        .filter(reminder::Column::CreatedBy.eq(clinician.staff()))
        .filter(reminder::Column::IdempotencyKey.eq(key))
        .one(connection)
        .await?;
    match found {
        None => Ok(None),
        Some(reminder) if reminder.request == request => Ok(Some(Queued {
            warnings: Warning::of_sent(connection, &reminder, core.outlets).await?,
            reminder,
            replayed: true,
        })),
        Some(_) => Err(ReminderError::KeyReused),
    }
}

/// Stores who gets it and who does not.
async fn freeze(
    tx: &DatabaseTransaction,
    reminder: &reminder::Model,
    review: &Review,
) -> Result<(), Fault> {
    let organization: OrganizationId = reminder.organization_id;
    let ready = review.ready.iter().map(|ready| -> [Value; 10] {
        [
            organization.into(),
            reminder.id.into(),
            ready.patient.into(),
            RecipientStatus::Waiting.into(),
            None::<entity::SkipReason>.into(),
            Some(ready.language.clone()).into(),
            Some(ready.version).into(),
            Some(ready.channel).into(),
            Some(ready.due_at).into(),
            None::<chrono::DateTime<chrono::Utc>>.into(),
        ]
    });
    let skipped = review.skipped.iter().map(|skipped| -> [Value; 10] {
        [
            organization.into(),
            reminder.id.into(),
            skipped.patient.into(),
            RecipientStatus::Skipped.into(),
            Some(skipped.reason).into(),
            None::<String>.into(),
            None::<i32>.into(),
            None::<entity::Channel>.into(),
            None::<chrono::DateTime<chrono::Utc>>.into(),
            Some(reminder.created_at).into(),
        ]
    });
    let mut rows = ready.chain(skipped);
    for length in blocks(review.ready.len() + review.skipped.len()) {
        let mut insert = Sql::new(
            "insert into reminder_recipient (organization_id, reminder_id, patient_id, status, reason, language, version, channel, \
             due_at, settled_at) values ",
        );
        insert.rows(rows.by_ref().take(length));
        tx.execute_raw(insert.on(tx)).await?;
    }
    Ok(())
}
