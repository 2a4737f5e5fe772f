//! The ordered log of each organization: one idea for live delivery, resuming and order.
//!
//! Positions are given out from the organization's `event_log` row, under its lock, just before the commit. So the order
//! of positions is the order of commits, and whoever has seen *n* has seen everything up to *n*.

mod audience;
mod change;
mod position;
mod read;

use chrono::{DateTime, Utc};
use entity::{
    ConversationId, EventKind, MessageId, OrganizationId, PatientId, PersonId, ReminderId,
    ScheduledMessageId, SessionId,
};

pub use audience::{Audience, Concerned};
pub use change::Change;
pub(crate) use change::{append, reserve};
pub use position::Position;
pub use read::{Bounds, bounds, prune, read_page};

/// What happened, without content: ids only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// What happened.
    pub kind: EventKind,
    /// In which conversation.
    pub conversation: Option<ConversationId>,
    /// Concerning which patient.
    pub patient: Option<PatientId>,
    /// Which message.
    pub message: Option<MessageId>,
    /// Who did it.
    pub actor: Option<PersonId>,
    /// To whom it was done.
    pub subject: Option<PersonId>,
    /// Which session ended; none when all of the subject's did.
    pub session: Option<SessionId>,
    /// Which reminder.
    pub reminder: Option<ReminderId>,
    /// Which message that was set for a later time.
    pub scheduled: Option<ScheduledMessageId>,
    /// Whom of the staff it concerns.
    pub audience: Audience,
}

impl NewEvent {
    /// An event with nothing but its kind.
    #[must_use]
    pub fn new(kind: EventKind) -> Self {
        Self {
            kind,
            conversation: None,
            patient: None,
            message: None,
            actor: None,
            subject: None,
            session: None,
            reminder: None,
            scheduled: None,
            audience: Audience::default(),
        }
    }

    /// Names the actor.
    #[must_use]
    pub fn by(mut self, actor: PersonId) -> Self {
        self.actor = Some(actor);
        self
    }

    /// Names the person it was done to.
    #[must_use]
    pub fn about(mut self, subject: PersonId) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Names the patient whom it concerns.
    #[must_use]
    pub fn of(mut self, patient: PatientId) -> Self {
        self.patient = Some(patient);
        self
    }

    /// Names the conversation.
    #[must_use]
    pub fn within(mut self, conversation: ConversationId) -> Self {
        self.conversation = Some(conversation);
        self
    }
}

/// An entry of an organization's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose log it stands in.
    pub organization: OrganizationId,
    /// Its number.
    pub position: Position,
    /// When it was stored.
    pub at: DateTime<Utc>,
    /// What happened.
    pub what: NewEvent,
}
