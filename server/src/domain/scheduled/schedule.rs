//! Setting a message for a later time, in a conversation that there is.

use chrono::{DateTime, Utc};
use entity::{
    MessageKind, PersonId, ScheduledMessageId, ScheduledStatus, patient, scheduled_message,
};
use sea_orm::{DatabaseTransaction, EntityTrait as _};

use super::{
    ScheduleError, When, guard,
    request::{Parts, Request},
    words,
};
use crate::domain::{
    conversations::can_be_closed,
    core::Core,
    fault::Fault,
    messages::{SendError, Wording, admit_files},
    policy::{AsClinician, CanPost, ConversationInView, Intent, PostRefused, decide_posts},
    settings::Settings,
};

/// A message that waits.
#[derive(Clone, Debug)]
pub struct Scheduled {
    /// The message.
    pub message: scheduled_message::Model,
    /// Whether an earlier request with the same idempotency key had scheduled it.
    pub replayed: bool,
}

/// Sets a message for a later time. It must be one that could be sent now; that is asked again when it leaves. The same
/// idempotency key of the same author gives the same message again. Eight statements and the commit, two more each for a
/// template and a guard, and four for files.
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
    When::check_offered(clinician)?;
    let now = core.clock.now();
    let mut asked = conversation.id().0.as_bytes().to_vec();
    asked.extend_from_slice(&wording.digest());
    let request = Request::new(clinician, wording.idempotency_key(), asked, when);
    let tx = core.store.begin().await?;
    if let Some(earlier) = request.earlier(&tx).await? {
        return Ok(earlier);
    }
    let patient = patient_of(&tx, conversation).await?;
    let (time_zone, due_at) = when.resolve(&patient, now)?;
    let (settings, can_post) = sendable(&tx, now, clinician, conversation, wording).await?;
    words::check(&tx, clinician, &patient, wording).await?;
    let seen_seq = guard::check(&tx, clinician, conversation, wording).await?;
    let asked = (PersonId::Staff(clinician.staff()), wording.files());
    let files = match admit_files(&tx, asked, &can_post, &settings.attachments, now).await {
        Ok(files) => files,
        Err(refused) => return request.earlier_or(&tx, refused).await,
    };
    let words = words::Kept::of(wording);
    let message = scheduled_message::Model {
        organization_id: clinician.organization(),
        id: ScheduledMessageId(core.entropy.uuid(now)),
        patient_id: patient.id,
        conversation_id: Some(conversation.id()),
        author_id: clinician.staff(),
        title: None,
        template_id: words.template,
        body: words.body,
        html: words.html,
        allow_reply: wording.allow_reply(),
        seen_seq,
        idempotency_key: request.key.to_owned(),
        request: request.digest.clone(),
        local_time: when.local_time.to_string(),
        time_zone,
        due_at,
        attempts: 0,
        rests_until: None,
        expires_at: when.expires_at,
        status: ScheduledStatus::Waiting,
        refusal: None,
        message_id: None,
        created_at: now,
        settled_at: None,
    };
    let parts = Parts {
        files,
        ..Parts::default()
    };
    request.store(core, tx, message, parts).await
}

async fn patient_of(
    tx: &DatabaseTransaction,
    conversation: &ConversationInView,
) -> Result<patient::Model, Fault> {
    let key = (conversation.organization(), conversation.patient());
    let patient = patient::Entity::find_by_id(key).one(tx).await?;
    patient.ok_or(Fault::Corrupt("patient of a conversation"))
}

/// The right to send the message now.
async fn sendable(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    clinician: &AsClinician,
    conversation: &ConversationInView,
    wording: &Wording,
) -> Result<(Settings, CanPost), ScheduleError> {
    let author = PersonId::Staff(clinician.staff());
    let intent = Intent {
        author,
        conversation: conversation.id(),
        kind: MessageKind::Message,
        from_template: matches!(wording, Wording::Template(_)),
        way: wording.way(),
        idempotency_key: wording.idempotency_key().to_owned(),
    };
    let (settings, decisions) = decide_posts(tx, clinician.organization(), now, &[intent]).await?;
    let decision = decisions
        .into_iter()
        .next()
        .unwrap_or(Err(PostRefused::NotFound));
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
    Ok((settings, can_post))
}
