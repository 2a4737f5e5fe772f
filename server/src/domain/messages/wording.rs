//! The words of a message: somebody's own, or those of an approved template (ANN-2).

use entity::{
    Channel, ConversationId, MessageKind, MessageTemplateId, PersonKind, message, patient,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{Draft, DraftError, Enclosures, SendError, draft::is_idempotency_key};
use crate::domain::{
    core::Core,
    event_log::Position,
    fault::Fault,
    policy::{AsClinician, ConversationInView, Way},
    secret::sha256,
    templates::{self, Filled},
};

/// The words of a message.
#[derive(Clone, Debug)]
pub enum Wording {
    /// Somebody's own.
    Own(Draft),
    /// Those of a template, in the language of whoever gets them.
    Template(TemplateDraft),
}

impl Wording {
    /// The idempotency key.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        match self {
            Self::Own(draft) => draft.idempotency_key(),
            Self::Template(wanted) => &wanted.idempotency_key,
        }
    }

    /// Whether the patient may answer from then on, where staff say so.
    pub(in crate::domain) fn allow_reply(&self) -> Option<bool> {
        match self {
            Self::Own(draft) => draft.allow_reply(),
            Self::Template(wanted) => wanted.allow_reply,
        }
    }

    /// Says by which way a staff member wants the message to go. What a template says is formatted, and goes into the portal.
    #[must_use]
    pub fn by(self, channel: Option<Channel>) -> Self {
        match self {
            Self::Own(draft) => Self::Own(draft.by(channel)),
            Self::Template(wanted) => Self::Template(wanted),
        }
    }

    /// What is known of its way before it is decided.
    pub(in crate::domain) fn way(&self) -> Way {
        match self {
            Self::Own(draft) => draft.way(PersonKind::Staff),
            Self::Template(_) => Way::ToPatient {
                chosen: None,
                fits: false,
            },
        }
    }

    /// The files that go with it.
    pub(in crate::domain) fn files(&self) -> &Enclosures {
        match self {
            Self::Own(draft) => draft.files(),
            Self::Template(wanted) => &wanted.files,
        }
    }

    /// How far the author has seen the log, where they say so.
    pub(in crate::domain) fn seen_position(&self) -> Option<Position> {
        match self {
            Self::Own(draft) => draft.seen,
            Self::Template(wanted) => wanted.seen,
        }
    }

    /// A hash of what it says and holds, and of whether the patient may answer. Of a template this is which one, since what
    /// it says may change.
    pub(in crate::domain) fn digest(&self) -> [u8; 32] {
        match self {
            Self::Own(draft) => draft.digest(),
            Self::Template(wanted) => {
                let mut asked = wanted.template.0.as_bytes().to_vec();
                asked.extend(wanted.allow_reply.map(u8::from));
                wanted.files.write(&mut asked);
                sha256(&asked)
            }
        }
    }

    /// Says whether the patient may answer from then on (SEC-5).
    #[must_use]
    pub fn allowing_reply(self, allow: Option<bool>) -> Self {
        match self {
            Self::Own(draft) => Self::Own(draft.allowing_reply(allow)),
            Self::Template(wanted) => Self::Template(wanted.allowing_reply(allow)),
        }
    }

    /// Holds the message back if a colleague has answered after this position (NEW-2).
    #[must_use]
    pub fn seen(self, position: Option<Position>) -> Self {
        match self {
            Self::Own(draft) => Self::Own(draft.seen(position)),
            Self::Template(wanted) => Self::Template(TemplateDraft {
                seen: position,
                ..wanted
            }),
        }
    }
}

/// A template that somebody wants to send, before it is known what it says to the patient.
#[derive(Clone, Debug)]
pub struct TemplateDraft {
    template: MessageTemplateId,
    files: Enclosures,
    idempotency_key: String,
    allow_reply: Option<bool>,
    seen: Option<Position>,
}

impl TemplateDraft {
    /// Checks the idempotency key.
    ///
    /// # Errors
    /// [`DraftError::BadKey`].
    pub fn new(template: MessageTemplateId, idempotency_key: String) -> Result<Self, DraftError> {
        if !is_idempotency_key(&idempotency_key) {
            return Err(DraftError::BadKey);
        }
        Ok(Self {
            template,
            files: Enclosures::default(),
            idempotency_key,
            allow_reply: None,
            seen: None,
        })
    }

    /// What waited to be sent, under a key of the server's own.
    pub(in crate::domain) fn of_scheduled(
        template: MessageTemplateId,
        allow_reply: Option<bool>,
        idempotency_key: String,
    ) -> Self {
        Self {
            template,
            files: Enclosures::default(),
            idempotency_key,
            allow_reply,
            seen: None,
        }
    }

    /// Puts files with it.
    #[must_use]
    pub fn enclosing(mut self, files: Enclosures) -> Self {
        self.files = files;
        self
    }

    /// Says whether the patient may answer from then on (SEC-5).
    #[must_use]
    pub fn allowing_reply(mut self, allow: Option<bool>) -> Self {
        self.allow_reply = allow;
        self
    }

    /// The idempotency key.
    pub(in crate::domain) fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// Whether the patient may answer from then on, where staff say so.
    pub(in crate::domain) fn allow_reply(&self) -> Option<bool> {
        self.allow_reply
    }

    /// The files that go with it.
    pub(in crate::domain) fn files(&self) -> &Enclosures {
        &self.files
    }

    /// Which template.
    #[must_use]
    pub fn template(&self) -> MessageTemplateId {
        self.template
    }

    /// The message, now that it is known what the template says.
    pub(in crate::domain) fn filled(&self, conversation: ConversationId, filled: Filled) -> Draft {
        let key = self.idempotency_key.clone();
        Draft::from_template(conversation, self.template, filled, key)
            .enclosing(self.files.clone())
            .allowing_reply(self.allow_reply)
            .seen(self.seen)
    }
}

/// What a template says to the patient of a conversation, as it is approved now. Three statements, four when it cannot be
/// sent.
///
/// # Errors
/// [`SendError::NotFound`] where the template does not exist, and [`SendError::Unsendable`], unless an earlier request with
/// the same idempotency key has sent it.
pub async fn fill(
    core: &Core,
    clinician: &AsClinician,
    conversation: &ConversationInView,
    wanted: &TemplateDraft,
) -> Result<Draft, SendError> {
    let (reader, organization) = (core.store.reader(), conversation.organization());
    let prepared = templates::prepare(reader, organization, wanted.template, clinician.staff())
        .await?
        .ok_or(SendError::NotFound)?;
    let patient = patient::Entity::find_by_id((organization, conversation.patient()))
        .one(reader)
        .await
        .map_err(Fault::from)?
        .ok_or(Fault::Corrupt("patient of a conversation"))?;
    match prepared.fill(&patient) {
        Ok(filled) => Ok(wanted.filled(conversation.id(), filled)),
        Err(unsendable) => {
            let earlier = earlier(core, conversation, wanted).await?;
            earlier.ok_or(SendError::Unsendable(unsendable))
        }
    }
}

/// What an earlier request with the same key has stored of the same template. Who repeats a request gets what it stored,
/// whatever has become of the template since. One statement.
async fn earlier(
    core: &Core,
    conversation: &ConversationInView,
    wanted: &TemplateDraft,
) -> Result<Option<Draft>, Fault> {
    let found = message::Entity::find()
        .filter(message::Column::OrganizationId.eq(conversation.organization()))
        .filter(message::Column::ConversationId.eq(conversation.id()))
        .filter(message::Column::AuthorKind.eq(PersonKind::Staff))
        .filter(message::Column::IdempotencyKey.eq(wanted.idempotency_key.as_str()))
        .filter(message::Column::TemplateId.eq(wanted.template))
        .filter(message::Column::Kind.eq(MessageKind::Message))
        .one(core.store.reader())
        .await?;
    let again = found.and_then(Draft::again);
    // Whether those are the files that it has is told from others by the post office, as for any message.
    Ok(again.map(|draft| draft.enclosing(wanted.files.clone())))
}
