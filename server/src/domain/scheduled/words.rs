//! The words of a scheduled message: kept until it leaves, or those that a template has by then.

use entity::{ScheduledRefusal, patient, scheduled_message};
use sea_orm::{DatabaseTransaction, EntityTrait as _};

use super::ScheduleError;
use crate::domain::{
    fault::Fault,
    messages::{Draft, SendError, Wording},
    policy::{AsClinician, CanPost, Denied},
    templates::{self, Unsendable},
};

/// Whether a message that waits says what is asked for.
pub(super) fn same(waiting: &scheduled_message::Model, wording: &Wording) -> bool {
    match wording {
        Wording::Own(draft) => {
            let (body, html) = draft.words();
            waiting.body.as_ref() == Some(body) && waiting.html.as_ref() == html
        }
        Wording::Template(wanted) => waiting.template_id == Some(wanted.template()),
    }
}

/// Whether the template says something to the patient now. Two statements for a template, none otherwise.
pub(super) async fn check(
    tx: &DatabaseTransaction,
    clinician: &AsClinician,
    patient: &patient::Model,
    wording: &Wording,
) -> Result<(), ScheduleError> {
    let Wording::Template(wanted) = wording else {
        return Ok(());
    };
    let (organization, author) = (clinician.organization(), clinician.staff());
    let prepared = templates::prepare(tx, organization, wanted.template(), author)
        .await?
        .ok_or(Denied::NotFound)?;
    prepared.check(patient).map_err(SendError::Unsendable)?;
    Ok(())
}

/// The message that leaves now. Three statements for a template, none otherwise.
pub(super) async fn leaving(
    tx: &DatabaseTransaction,
    waiting: &scheduled_message::Model,
    can_post: &CanPost,
    key: String,
) -> Result<Result<Draft, ScheduledRefusal>, Fault> {
    let Some(template) = waiting.template_id else {
        let body = waiting.body.clone();
        let body = body.ok_or(Fault::Corrupt("scheduled message"))?;
        return Ok(Ok(Draft::of_scheduled(waiting, body, key)));
    };
    let organization = waiting.organization_id;
    let prepared = templates::prepare(tx, organization, template, waiting.author_id)
        .await?
        .ok_or(Fault::Corrupt("template of a scheduled message"))?;
    let conversation = can_post.conversation();
    let patient = patient::Entity::find_by_id((organization, conversation.patient_id))
        .one(tx)
        .await?
        .ok_or(Fault::Corrupt("patient of a conversation"))?;
    Ok(match prepared.fill(&patient) {
        Ok(filled) => Ok(Draft::from_template(conversation.id, template, filled, key)
            .allowing_reply(waiting.allow_reply)),
        Err(unsendable) => Err(unsendable.into()),
    })
}

impl From<Unsendable> for ScheduledRefusal {
    fn from(unsendable: Unsendable) -> Self {
        match unsendable {
            Unsendable::NoTranslation => Self::NoTranslation,
            Unsendable::Stale => Self::TranslationStale,
            Unsendable::NotApproved => Self::TemplateNotApproved,
            Unsendable::ValueMissing(_) => Self::ValueMissing,
        }
    }
}
