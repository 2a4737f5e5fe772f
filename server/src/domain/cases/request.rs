//! What is asked for when a case is opened, and the rows that come of it.

use chrono::{DateTime, Utc};
use entity::{
    CasePriority, CaseSource, CaseStatus, ConversationId, ConversationKind, ConversationStatus,
    MessageKind, PatientId, PersonId, PhoneNumber, StaffId, contact_request, conversation,
};

use super::OpenError;
use crate::domain::{
    core::Core,
    event_log::Change,
    messages::Draft,
    people::values::{Check, mobile_number, text},
    policy::CanOpenCase,
    secret::sha256,
};

/// The most characters of what a case begins with.
pub const MAX_REASON_CHARACTERS: usize = 2_000;

/// A case that somebody wants to open.
#[derive(Debug)]
pub struct NewContactRequest {
    /// About whom.
    pub patient: PatientId,
    /// How it came.
    pub source: CaseSource,
    /// What it is about.
    pub reason: String,
    /// The mobile number that was given; without one it is held by the one on file, whatever that is by then.
    pub number: Option<String>,
    /// How soon it is to be worked on.
    pub priority: CasePriority,
    /// Chosen by the client.
    pub idempotency_key: String,
}

impl NewContactRequest {
    /// A hash of all that is asked for.
    pub(super) fn digest(&self) -> Vec<u8> {
        let asked = format!(
            "{}\0{}\0{}\0{}\0{}",
            self.patient.to_public(),
            self.source.word(),
            self.priority.word(),
            self.number.as_deref().unwrap_or_default(),
            self.reason,
        );
        sha256(asked.as_bytes()).to_vec()
    }
}

/// Who is taken to have written the reason, the reason, and the number where it is not the one on file, which the case follows. The
/// patient's own words are a message of theirs, also
/// when another system brings them; what staff write down of them is a note.
pub(super) fn checked(
    opener: PersonId,
    new: &NewContactRequest,
    can_open: &CanOpenCase,
) -> Result<(PersonId, Draft, Option<PhoneNumber>), OpenError> {
    let mut check = Check::default();
    let region = can_open.settings().default_region.as_str();
    let reason = check.value("reason", text(&new.reason, MAX_REASON_CHARACTERS));
    let number = check.given("phone", new.number.as_deref(), |number| {
        mobile_number(number, region)
    });
    let (Some(reason), true) = (reason, check.is_right()) else {
        return Err(check.into_wrong().into());
    };
    let number = number.filter(|number| Some(number) != can_open.record().phone.as_ref());
    let (author, kind) = match (opener, new.source) {
        (PersonId::Patient(_), _) => (opener, MessageKind::Message),
        (PersonId::Staff(_), CaseSource::Portal | CaseSource::Integration) => {
            (PersonId::Patient(new.patient), MessageKind::Message)
        }
        (PersonId::Staff(_), CaseSource::Telephone | CaseSource::Staff) => {
            (opener, MessageKind::Note)
        }
    };
    let key = new.idempotency_key.clone();
    let draft = Draft::new(Draft::TO_BE_BEGUN, kind, reason, key).map_err(OpenError::Draft)?;
    Ok((author, draft, number))
}

/// The staff member who works on it from the beginning: another system does not.
pub(super) const fn follows(opener: PersonId, source: CaseSource) -> Option<StaffId> {
    match (opener, source) {
        (PersonId::Staff(staff), CaseSource::Telephone | CaseSource::Staff) => Some(staff),
        (PersonId::Staff(_), CaseSource::Portal | CaseSource::Integration)
        | (PersonId::Patient(_), _) => None,
    }
}

/// The conversation of a case that is opened.
pub(super) fn conversation(
    core: &Core,
    change: &Change,
    opener: PersonId,
    can_open: &CanOpenCase,
) -> conversation::Model {
    conversation::Model {
        organization_id: change.organization(),
        id: ConversationId(core.entropy.uuid(change.now)),
        kind: ConversationKind::Case,
        patient_id: can_open.record().id,
        title: None,
        status: ConversationStatus::Open,
        case_status: Some(CaseStatus::New),
        replies: None,
        begun_by: match opener {
            PersonId::Staff(staff) => Some(staff),
            PersonId::Patient(_) => None,
        },
        begun_key: None,
        begun_digest: None,
        last_author_kind: None,
        last_patient_channel: None,
        unanswered_since: None,
        answer_due_at: None,
        overdue_told_at: None,
        unattended_since: None,
        look_at: None,
        status_changed_by: None,
        status_changed_at: None,
        seq: 0,
        visible_seq: 0,
        activity_at: change.now,
        created_at: change.now,
    }
}

/// What is looked after of a case that is opened.
pub(super) fn row(
    change: &Change,
    opener: PersonId,
    new: &NewContactRequest,
    (number, due_at): (Option<PhoneNumber>, Option<DateTime<Utc>>),
    conversation: &conversation::Model,
) -> contact_request::Model {
    contact_request::Model {
        organization_id: change.organization(),
        conversation_id: conversation.id,
        patient_id: new.patient,
        source: new.source,
        number,
        assignee_id: None,
        priority: new.priority,
        opened_by_kind: opener.kind(),
        opened_by_id: opener.uuid(),
        idempotency_key: new.idempotency_key.clone(),
        digest: new.digest(),
        opened_at: change.now,
        first_answer_due_at: due_at,
        first_answered_at: None,
        overdue_told_at: None,
    }
}
