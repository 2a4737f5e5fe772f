//! Whom an event concerns: the index of the hub.

use entity::{ConversationId, EventKind, PatientId, PersonId, ReminderId};

use crate::domain::event_log::NewEvent;

/// What a subscriber watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Everything that concerns one person.
    Person(PersonId),
    /// Everything in one conversation.
    Conversation(ConversationId),
    /// What changes about one patient: programs, enrolment, panel.
    Patient(PatientId),
    /// How far one reminder has come.
    Reminder(ReminderId),
    /// What changes in the list of cases.
    Cases,
    /// What changes for everybody: settings.
    Everybody,
}

/// The topics under which an event is handed out. At most the panel, the patient and the conversation: what it costs
/// does not grow with the number of subscribers whom it does not concern.
pub(super) fn topics(event: &NewEvent) -> Vec<Topic> {
    let mut topics = Vec::with_capacity(event.audience.0.len() + 4);
    topics.extend(
        event
            .audience
            .0
            .iter()
            .map(|concerned| Topic::Person(PersonId::Staff(concerned.staff))),
    );
    topics.extend(event.conversation.map(Topic::Conversation));
    let patient = event.patient.map(PersonId::Patient);
    match event.kind {
        EventKind::MessagePosted => topics.extend(patient.map(Topic::Person)),
        // Whoever has the message open has its conversation open.
        EventKind::NoteAdded
        | EventKind::AttachmentInspected
        | EventKind::TextMoved
        | EventKind::AnswerOverdue
        | EventKind::ConversationUnattended
        | EventKind::UrgentUnheard
        | EventKind::TextNeedsAttention
        | EventKind::ScheduledMessagesChanged => {}
        EventKind::ReadCursorMoved => topics.extend(event.actor.map(Topic::Person)),
        EventKind::ConversationChanged => topics.extend(patient.map(Topic::Person)),
        EventKind::CaseChanged => {
            topics.extend(patient.map(Topic::Person));
            topics.push(Topic::Cases);
        }
        EventKind::CaseWorkChanged | EventKind::CaseWritten => topics.push(Topic::Cases),
        EventKind::ThreadHidden => topics.extend(event.actor.map(Topic::Person)),
        EventKind::ParticipantsChanged => topics.extend(event.subject.map(Topic::Person)),
        EventKind::PanelChanged => {
            topics.extend(event.patient.map(Topic::Patient));
            topics.extend(event.subject.map(Topic::Person));
        }
        EventKind::TextingChanged => topics.extend(event.patient.map(Topic::Patient)),
        EventKind::PatientAccessChanged => {
            topics.extend(event.patient.map(Topic::Patient));
            topics.extend(patient.map(Topic::Person));
        }
        EventKind::StaffAccessChanged | EventKind::SessionRevoked => {
            topics.extend(event.subject.map(Topic::Person))
        }
        EventKind::SettingsChanged => topics.push(Topic::Everybody),
        EventKind::ReminderProgressed => topics.extend(event.reminder.map(Topic::Reminder)),
    }
    topics
}

/// Whether the event may take access away from somebody.
pub(super) fn changes_access(kind: EventKind) -> bool {
    match kind {
        EventKind::ParticipantsChanged
        | EventKind::PanelChanged
        | EventKind::PatientAccessChanged
        | EventKind::StaffAccessChanged
        | EventKind::SettingsChanged
        | EventKind::SessionRevoked => true,
        EventKind::MessagePosted
        | EventKind::NoteAdded
        | EventKind::AttachmentInspected
        | EventKind::TextMoved
        | EventKind::TextingChanged
        | EventKind::AnswerOverdue
        | EventKind::ConversationUnattended
        | EventKind::UrgentUnheard
        | EventKind::TextNeedsAttention
        | EventKind::ReadCursorMoved
        | EventKind::ConversationChanged
        | EventKind::CaseChanged
        | EventKind::CaseWorkChanged
        | EventKind::CaseWritten
        | EventKind::ThreadHidden
        | EventKind::ScheduledMessagesChanged
        | EventKind::ReminderProgressed => false,
    }
}
