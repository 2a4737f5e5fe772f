//! Setting a message for a later time.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    MessageKind, PersonId, ScheduledMessageId, ScheduledStatus, patient, scheduled_message,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _,
};

use super::{MAX_WAITING, ScheduleError, words};
use crate::domain::{
    conversations::can_be_closed,
    core::Core,
    fault::Fault,
    local_time::LocalTime,
    messages::{SendError, Wording},
    people::values::{is_taken, time_zone},
    policy::{AsClinician, ConversationInView, Intent, decide_posts},
    reminders::MAX_DAYS_AHEAD,
};

/// When a message is to leave.
#[derive(Clone, Debug)]
pub struct When {
    /// The time that the clocks show.
    pub local_time: LocalTime,
    /// In this time zone; the patient's when left out.
    pub time_zone: Option<String>,
    /// What cannot leave until then does not leave any more.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A message that waits.
#[derive(Clone, Debug)]
pub struct Scheduled {
    /// The message.
    pub message: scheduled_message::Model,
    /// Whether an earlier request with the same idempotency key had scheduled it.
    pub replayed: bool,
}

/// Sets a message for a later time. It must be one that could be sent now; that is asked again when it leaves. The same
/// idempotency key gives the same message again. Six statements and the commit,
/// eight with a template.
///
/// # Errors
/// See [`ScheduleError`]; nothing is stored then.
pub async fn schedule(
    core: &Core,
    clinician: &AsClinician,
    conversation: &ConversationInView,
    wording: &Wording,
    when: &When,
) -> Result<Scheduled, ScheduleError> {
    if !clinician.viewer().settings().scheduling {
        return Err(ScheduleError::SchedulingOff);
    }
    let now = core.clock.now();
    let tx = core.store.begin().await?;
    if let Some(earlier) = earlier(&tx, clinician, conversation, wording, when).await? {
        return Ok(earlier);
    }
    let patient = patient_of(&tx, conversation).await?;
    let zone = match &when.time_zone {
        Some(zone) => time_zone(zone).map_err(|_| ScheduleError::NotATimeZone)?,
        None => patient.time_zone.clone(),
    };
    let due_at = due_at(when, &zone, now)?;
    check_sendable(&tx, clinician, conversation, wording).await?;
    words::check(&tx, clinician, &patient, wording).await?;
    let waiting = scheduled_message::Entity::find()
        .filter(scheduled_message::Column::OrganizationId.eq(clinician.organization()))
        .filter(scheduled_message::Column::ConversationId.eq(conversation.id()))
        .filter(scheduled_message::Column::Status.eq(ScheduledStatus::Waiting))
        .count(&tx)
        .await?;
    if waiting >= MAX_WAITING {
        return Err(ScheduleError::TooMany);
    }
    let (template_id, body, html) = match wording {
        Wording::Own(draft) => {
            let (body, html) = draft.words();
            (None, Some(body.clone()), html.cloned())
        }
        Wording::Template(wanted) => (Some(wanted.template()), None, None),
    };
    let message = scheduled_message::Model {
        organization_id: clinician.organization(),
        id: ScheduledMessageId(core.entropy.uuid(now)),
        conversation_id: conversation.id(),
        author_id: clinician.staff(),
        template_id,
        body,
        html,
        allow_reply: wording.allow_reply(),
        idempotency_key: wording.idempotency_key().to_owned(),
        local_time: when.local_time.to_string(),
        time_zone: zone,
        due_at,
        rests_until: None,
        expires_at: when.expires_at,
        status: ScheduledStatus::Waiting,
        refusal: None,
        message_id: None,
        created_at: now,
        settled_at: None,
    };
    if let Err(error) = message.clone().into_active_model().insert(&tx).await {
        if !is_taken(&error) {
            return Err(error.into());
        }
        // The same key at the same moment, perhaps on another node: what it stored is the answer.
        tx.rollback().await?;
        let earlier = earlier(core.store.writer(), clinician, conversation, wording, when).await?;
        return earlier.ok_or_else(|| SendError::KeyReused.into());
    }
    tx.commit().await?;
    Ok(Scheduled {
        message,
        replayed: false,
    })
}

fn due_at(when: &When, zone: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, ScheduleError> {
    let due_at = when
        .local_time
        .in_zone(zone)?
        .ok_or(ScheduleError::TimeDoesNotExist)?;
    if due_at <= now {
        Err(ScheduleError::TimePassed)
    } else if due_at > now + TimeDelta::days(MAX_DAYS_AHEAD) {
        Err(ScheduleError::TooFarAhead)
    } else if when.expires_at.is_some_and(|expires| expires <= due_at) {
        Err(ScheduleError::ExpiresTooEarly)
    } else {
        Ok(due_at)
    }
}

async fn patient_of(
    tx: &DatabaseTransaction,
    conversation: &ConversationInView,
) -> Result<patient::Model, Fault> {
    let key = (conversation.organization(), conversation.patient());
    let patient = patient::Entity::find_by_id(key).one(tx).await?;
    patient.ok_or(Fault::Corrupt("patient of a conversation"))
}

/// Whether the message could be sent now.
async fn check_sendable(
    tx: &DatabaseTransaction,
    clinician: &AsClinician,
    conversation: &ConversationInView,
    wording: &Wording,
) -> Result<(), ScheduleError> {
    let author = PersonId::Staff(clinician.staff());
    let intent = Intent {
        author,
        conversation: conversation.id(),
        kind: MessageKind::Message,
        from_template: matches!(wording, Wording::Template(_)),
        way: wording.way(),
        idempotency_key: wording.idempotency_key().to_owned(),
    };
    let (_, decisions) = decide_posts(tx, clinician.organization(), &[intent]).await?;
    for decision in decisions {
        let can_post = decision.map_err(SendError::from)?;
        let says_who_answers = wording.allow_reply().is_some();
        if says_who_answers && !can_be_closed(can_post.conversation().kind) {
            return Err(SendError::RepliesFixed.into());
        }
        if can_post.earlier().is_some() {
            return Err(SendError::KeyReused.into());
        }
        can_post
            .check_turn(author.kind(), can_post.so_far())
            .map_err(SendError::from)?;
    }
    Ok(())
}

/// What an earlier request with the same key has scheduled, if it asked for the same. One statement.
async fn earlier(
    connection: &impl ConnectionTrait,
    clinician: &AsClinician,
    conversation: &ConversationInView,
    wording: &Wording,
    when: &When,
) -> Result<Option<Scheduled>, ScheduleError> {
    let found = scheduled_message::Entity::find()
        .filter(scheduled_message::Column::OrganizationId.eq(clinician.organization()))
        .filter(scheduled_message::Column::IdempotencyKey.eq(wording.idempotency_key()))
        .one(connection)
        .await?;
    let Some(message) = found else {
        return Ok(None);
    };
    let same = message.conversation_id == conversation.id()
        && words::same(&message, wording)
        && message.allow_reply == wording.allow_reply()
        && message.local_time == when.local_time.to_string()
        && when
            .time_zone
            .as_ref()
            .is_none_or(|zone| *zone == message.time_zone)
        && message.expires_at == when.expires_at;
    if !same {
        return Err(SendError::KeyReused.into());
    }
    Ok(Some(Scheduled {
        message,
        replayed: true,
    }))
}
