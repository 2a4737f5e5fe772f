//! What was written in the clinics before anything is measured, so that the database knows what its tables look like: the plans
//! for empty tables are not those that a clinic meets.

use chrono::{DateTime, Utc};
use entity::{
    Channel, EventKind, MessageBody, MessageKind, NotificationPurpose, NotificationStatus,
    PersonKind, conversation, event, message, notification, read_cursor,
};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::{
    failure::Failure,
    seed::insert,
    sends::BODY_BYTES,
    world::{Clinic, IDLE, REMINDED},
};

/// Messages of each conversation: the patient and the first of the panel take turns.
const MESSAGES: u32 = 12;

/// The newest position of a clinic's log.
pub fn head(clinic: Clinic) -> i64 {
    if [IDLE.number, REMINDED.number].contains(&clinic.number) {
        return 0;
    }
    i64::from(clinic.patients * MESSAGES)
}

/// A conversation as its messages have left it.
pub fn told(clinic: Clinic, conversation: conversation::Model) -> conversation::Model {
    if head(clinic) == 0 {
        return conversation;
    }
    conversation::Model {
        seq: MESSAGES.into(),
        visible_seq: MESSAGES.into(),
        last_author_kind: Some(PersonKind::Staff),
        last_patient_channel: None,
        ..conversation
    }
}

/// A message: whose conversation it is of, and its number there, from 1.
#[derive(Clone, Copy)]
struct Written {
    clinic: Clinic,
    patient: u32,
    number: u32,
}

impl Written {
    fn all(clinic: Clinic) -> impl Iterator<Item = Self> {
        (0..clinic.patients).flat_map(move |patient| {
            (1..=MESSAGES).map(move |number| Self {
                clinic,
                patient,
                number,
            })
        })
    }

    fn position(self) -> u32 {
        self.patient * MESSAGES + self.number
    }

    fn author(self) -> (PersonKind, Uuid) {
        if self.number % 2 == 1 {
            (PersonKind::Patient, self.clinic.patient(self.patient).0)
        } else {
            (PersonKind::Staff, nurse(self.clinic, self.patient))
        }
    }
}

/// The first of a patient's panel.
fn nurse(clinic: Clinic, patient: u32) -> Uuid {
    clinic
        .staff_member(clinic.panel(patient).next().unwrap_or(0))
        .0
}

/// Writes the history of a clinic.
pub async fn fill(
    connection: &impl ConnectionTrait,
    clinic: Clinic,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    insert(connection, Written::all(clinic).map(|w| message(w, now))).await?;
    insert(connection, Written::all(clinic).map(|w| event(w, now))).await?;
    let told = Written::all(clinic).map(|w| notification(w, now));
    insert(connection, told).await?;
    let cursors = (0..clinic.patients).flat_map(|patient| {
        let people = [
            (PersonKind::Patient, clinic.patient(patient).0),
            (PersonKind::Staff, nurse(clinic, patient)),
        ];
        people.map(|person| cursor(clinic, patient, person, now))
    });
    insert(connection, cursors).await
}

fn message(written: Written, now: DateTime<Utc>) -> message::Model {
    let (author_kind, author_id) = written.author();
    message::Model {
        organization_id: written.clinic.id(),
        id: written.clinic.message(written.position()),
        conversation_id: written.clinic.conversation(written.patient),
        seq: written.number.into(),
        visible_seq: written.number.into(),
        author_kind,
        author_id,
        author_ordinal: written.number.div_ceil(2).into(),
        kind: MessageKind::Message,
        channel: Channel::Portal,
        title: None,
        body: MessageBody::new("x".repeat(BODY_BYTES)),
        html: None,
        template_id: None,
        template_language: None,
        template_version: None,
        urgent: false,
        opt_out_wish: false,
        after_close: false,
        attachment_count: 0,
        idempotency_key: format!("history-{}", written.number),
        position: written.position().into(),
        created_at: now,
    }
}

fn event(written: Written, now: DateTime<Utc>) -> event::Model {
    let (actor_kind, actor_id) = written.author();
    event::Model {
        organization_id: written.clinic.id(),
        position: written.position().into(),
        kind: EventKind::MessagePosted,
        conversation_id: Some(written.clinic.conversation(written.patient)),
        patient_id: Some(written.clinic.patient(written.patient)),
        message_id: Some(written.clinic.message(written.position())),
        actor_kind: Some(actor_kind),
        actor_id: Some(actor_id),
        subject_kind: None,
        subject_id: None,
        session_id: None,
        reminder_id: None,
        scheduled_message_id: None,
        audience: Vec::new(),
        created_at: now,
    }
}

/// One that was sent: to the patient of what the clinic wrote, to the nurse of what the patient wrote.
fn notification(written: Written, now: DateTime<Utc>) -> notification::Model {
    let patient = written.clinic.patient(written.patient);
    let (purpose, recipient_kind, recipient) = match written.author().0 {
        PersonKind::Patient => (
            NotificationPurpose::NewPatientMessage,
            PersonKind::Staff,
            nurse(written.clinic, written.patient),
        ),
        PersonKind::Staff => (
            NotificationPurpose::NewClinicMessage,
            PersonKind::Patient,
            patient.0,
        ),
    };
    notification::Model {
        organization_id: written.clinic.id(),
        id: written.clinic.notification(written.position()),
        purpose,
        recipient_kind: Some(recipient_kind),
        recipient_id: Some(recipient),
        channel: Some(Channel::Email),
        patient_id: Some(patient),
        conversation_id: Some(written.clinic.conversation(written.patient)),
        seq: Some(written.number.into()),
        subject_id: None,
        coalesce_key: None,
        status: NotificationStatus::Sent,
        due_at: now,
        attempts: 1,
        leased_until: None,
        leased_by: None,
        last_error: None,
        created_at: now,
        settled_at: Some(now),
    }
}

/// Who has read all of it.
fn cursor(
    clinic: Clinic,
    patient: u32,
    (person_kind, person_id): (PersonKind, Uuid),
    now: DateTime<Utc>,
) -> read_cursor::Model {
    let own = i64::from(MESSAGES / 2);
    read_cursor::Model {
        organization_id: clinic.id(),
        conversation_id: clinic.conversation(patient),
        person_kind,
        person_id,
        seq: MESSAGES.into(),
        visible_seq: MESSAGES.into(),
        own_total: own,
        own_seen: own,
        reminded_seq: 0,
        read_at: Some(now),
    }
}
