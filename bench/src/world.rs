//! The made-up clinics that are measured. Ids are counted, so that `pgbench` can make them up as well.

use chrono::TimeDelta;
use entity::{
    ConversationId, MessageId, MessageTemplateId, NotificationId, OrganizationId, PatientId,
    PersonId, SessionId, StaffId,
};
use tidings::domain::{
    attachments::Files,
    clock::Clock,
    core::{Core, Doorbell, Outlets},
    entropy::Entropy,
    messages::PostOffice,
    secret::ServerSecret,
    sessions::{Passwords, issue_access_token},
    store::Store,
};
use uuid::Uuid;

use crate::failure::Failure;

/// The server under test gets it by `TIDINGS_SECRET_KEY`.
pub const SECRET_KEY: &str = "the-key-of-throw-away-benchmark-databases";

/// How many staff members a patient's panel has.
pub const PANEL: u32 = 8;

/// One made-up clinic.
#[derive(Clone, Copy)]
pub struct Clinic {
    /// Its number, from 1.
    pub number: u32,
    /// Numbered from 0.
    pub staff: u32,
    /// Numbered from 0; the panel of patient n are the staff members from 8 n on, counted in a circle.
    pub patients: u32,
}

/// Clinics that send, each with 200 people who write.
pub const SENDING: [Clinic; 8] = {
    let mut clinics = [Clinic {
        number: 0,
        staff: 100,
        patients: 100,
    }; 8];
    let mut index = 0;
    while index < clinics.len() {
        clinics[index].number = index as u32 + 1;
        index += 1;
    }
    clinics
};

/// The clinic whose 1,000 staff members listen. Each is in one panel.
pub const LISTENING: Clinic = Clinic {
    number: 9,
    staff: 1000,
    patients: 125,
};

/// The clinic whose patients have their portal open while nothing happens.
pub const IDLE: Clinic = Clinic {
    number: 10,
    staff: 8,
    patients: 5000,
};

/// The clinic that sends a reminder to all of its patients. It is filled only where that is measured.
pub const REMINDED: Clinic = Clinic {
    number: 11,
    staff: 1,
    patients: 10_000,
};

/// What a counted id is for: its first digits.
#[derive(Clone, Copy)]
enum Kind {
    Organization = 1,
    Staff = 2,
    Patient = 3,
    Conversation = 4,
    StaffSession = 5,
    PatientSession = 6,
    Message = 7,
    Notification = 8,
    Template = 9,
}

impl Clinic {
    /// A UUID of version 7 in form, counted in content.
    fn uuid(self, kind: Kind, number: u32) -> Uuid {
        let counted = u128::from(self.number) << 20 | u128::from(number);
        Uuid::from_u128((kind as u128) << 96 | 0x7000 << 64 | 0x8000 << 48 | counted)
    }

    /// The clinic's id.
    pub fn id(self) -> OrganizationId {
        OrganizationId(self.uuid(Kind::Organization, 0))
    }

    /// A staff member.
    pub fn staff_member(self, number: u32) -> StaffId {
        StaffId(self.uuid(Kind::Staff, number))
    }

    /// A patient.
    pub fn patient(self, number: u32) -> PatientId {
        PatientId(self.uuid(Kind::Patient, number))
    }

    /// The clinic's message template.
    pub fn template(self) -> MessageTemplateId {
        MessageTemplateId(self.uuid(Kind::Template, 0))
    }

    /// A patient's chat.
    pub fn conversation(self, patient: u32) -> ConversationId {
        ConversationId(self.uuid(Kind::Conversation, patient))
    }

    /// The message at a position of the clinic's log, of those that were written before anything is measured.
    pub fn message(self, position: u32) -> MessageId {
        MessageId(self.uuid(Kind::Message, position))
    }

    /// What told of that message.
    pub fn notification(self, position: u32) -> NotificationId {
        NotificationId(self.uuid(Kind::Notification, position))
    }

    /// The numbers of a panel's staff members.
    pub fn panel(self, patient: u32) -> impl Iterator<Item = u32> {
        (0..PANEL.min(self.staff)).map(move |place| (patient * PANEL + place) % self.staff)
    }

    /// The one session of a staff member.
    pub fn staff_session(self, number: u32) -> SessionId {
        SessionId(self.uuid(Kind::StaffSession, number))
    }

    /// The one session of a patient.
    pub fn patient_session(self, number: u32) -> SessionId {
        SessionId(self.uuid(Kind::PatientSession, number))
    }
}

/// The surroundings that the server has too, as far as tokens and rows need them.
pub fn core(store: Store) -> Result<Core, Failure> {
    let secret = ServerSecret::new(SECRET_KEY.as_bytes().to_vec())
        .ok_or_else(|| Failure::answer("the secret key", "too short"))?;
    Ok(Core {
        store,
        files: Files::in_memory(),
        clock: Clock::system(),
        entropy: Entropy::system(),
        secret,
        passwords: Passwords::default(),
        doorbell: Doorbell::silent(),
        post_office: PostOffice::default(),
        outlets: Outlets::ALL,
    })
}

/// Gives access tokens as signing in would, without its cost.
pub struct Tokens(Core);

impl Tokens {
    /// Tokens for a seeded database.
    pub fn new(core: Core) -> Self {
        Self(core)
    }

    /// A staff member's token.
    pub fn staff(&self, clinic: Clinic, number: u32) -> Result<String, Failure> {
        let person = PersonId::Staff(clinic.staff_member(number));
        self.issue(clinic, person, clinic.staff_session(number))
    }

    /// A patient's token.
    pub fn patient(&self, clinic: Clinic, number: u32) -> Result<String, Failure> {
        let person = PersonId::Patient(clinic.patient(number));
        self.issue(clinic, person, clinic.patient_session(number))
    }

    fn issue(
        &self,
        clinic: Clinic,
        person: PersonId,
        session: SessionId,
    ) -> Result<String, Failure> {
        let lifetime = TimeDelta::hours(12);
        let (token, _) = issue_access_token(&self.0, clinic.id(), person, session, lifetime)?;
        Ok(token.reveal().to_owned())
    }
}
