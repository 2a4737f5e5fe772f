//! Setting the beginning of a secure message for a later time.

use entity::{PersonId, ScheduledMessageId, ScheduledStatus, scheduled_message};

use super::{
    ScheduleError, Scheduled, When,
    request::{Parts, Request},
    words,
};
use crate::domain::{
    conversations::{NewSecureMessage, may_begin},
    core::Core,
    messages::admit_files,
    policy::AsClinician,
};

/// Sets the beginning of a secure message for a later time. It must be one that could be begun now; that is asked again when it
/// is due. Until then there is no conversation, and neither the patient nor those to whom it is addressed learn of it. The same
/// idempotency key of the same author gives the same again. Six statements and the commit, and four more each for a template
/// and for files.
///
/// # Errors
/// See [`ScheduleError`]; nothing is stored then.
pub async fn schedule_beginning(
    core: &Core,
    clinician: &AsClinician,
    new: NewSecureMessage,
    when: &When,
) -> Result<Scheduled, ScheduleError> {
    When::check_offered(clinician)?;
    new.check_recipients()?;
    let (now, author) = (core.clock.now(), clinician.staff());
    let request = Request::new(clinician, new.opening.idempotency_key(), new.digest(), when);
    let tx = core.store.begin().await?;
    if let Some(earlier) = request.earlier(&tx).await? {
        return Ok(earlier);
    }
    let can_begin = may_begin(&tx, clinician.organization(), author, &new).await?;
    let (time_zone, due_at) = when.resolve(can_begin.record(), now)?;
    let (title, draft) = new.opening.words(&tx, author, can_begin.record()).await?;
    new.addressees(&tx, author, &can_begin).await?;
    // The conversation as it would be, so that the same is asked of the files as when it begins.
    let can_post = can_begin.begun(new.conversation(core, author, &can_begin, title));
    let settings = &can_begin.settings().attachments;
    let asked = (PersonId::Staff(author), draft.files());
    let files = match admit_files(&tx, asked, &can_post, settings, now).await {
        Ok(files) => files,
        Err(refused) => return request.earlier_or(&tx, refused).await,
    };
    let words = words::Kept::of_opening(&new.opening);
    let message = scheduled_message::Model {
        organization_id: clinician.organization(),
        id: ScheduledMessageId(core.entropy.uuid(now)),
        patient_id: new.patient,
        conversation_id: None,
        author_id: author,
        title: words.title,
        template_id: words.template,
        body: words.body,
        html: words.html,
        allow_reply: draft.allow_reply(),
        seen_seq: None,
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
    let to = new.to.clone();
    request.store(core, tx, message, Parts { files, to }).await
}
