//! The words of a scheduled message: kept until it leaves, or those that a template has by then.

use entity::{
    MessageBody, MessageTemplateId, RichBody, ScheduledRefusal, Title, patient, scheduled_message,
};
use sea_orm::{DatabaseTransaction, EntityTrait as _};

use super::ScheduleError;
use crate::domain::{
    conversations::Opening,
    fault::Fault,
    messages::{Draft, Enclosures, SendError, TemplateDraft, Wording},
    policy::{AsClinician, CanPost, Denied},
    templates,
};

/// The words as they wait. Those of a template are taken when the message leaves.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) title: Option<Title>,
    pub(super) template: Option<MessageTemplateId>,
    pub(super) body: Option<MessageBody>,
    pub(super) html: Option<RichBody>,
}

impl Kept {
    /// Of a message.
    pub(super) fn of(wording: &Wording) -> Self {
        match wording {
            Wording::Own(draft) => Self::of_draft(draft),
            Wording::Template(wanted) => Self::of_template(wanted),
        }
    }

    /// Of the beginning of a secure message.
    pub(super) fn of_opening(opening: &Opening) -> Self {
        match opening {
            Opening::Own { title, draft } => Self {
                title: Some(title.clone()),
                ..Self::of_draft(draft)
            },
            Opening::Template(wanted) => Self::of_template(wanted),
        }
    }

    fn of_draft(draft: &Draft) -> Self {
        let (body, html) = draft.words();
        Self {
            body: Some(body.clone()),
            html: html.cloned(),
            ..Self::default()
        }
    }

    fn of_template(wanted: &TemplateDraft) -> Self {
        Self {
            template: Some(wanted.template()),
            ..Self::default()
        }
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
        return Ok(Ok(Draft::of_scheduled(waiting, body(waiting)?, key)));
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

/// With which words a secure message begins now.
pub(super) fn opening(
    waiting: &scheduled_message::Model,
    files: Enclosures,
    key: String,
) -> Result<Opening, Fault> {
    if let Some(template) = waiting.template_id {
        let wanted = TemplateDraft::of_scheduled(template, waiting.allow_reply, key);
        return Ok(Opening::Template(wanted.enclosing(files)));
    }
    let title = waiting.title.clone();
    Ok(Opening::Own {
        title: title.ok_or(Fault::Corrupt("title of a scheduled message"))?,
        draft: Draft::of_scheduled(waiting, body(waiting)?, key).enclosing(files),
    })
}

fn body(waiting: &scheduled_message::Model) -> Result<MessageBody, Fault> {
    let body = waiting.body.clone();
    body.ok_or(Fault::Corrupt("scheduled message"))
}
