//! What everybody is expected to meet.

use serde_json::Value;

use super::actor::Actor;

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It did what it is for.
    Done,
    /// It answered with a list in which the patient does not stand, or that there is none of what was asked for.
    Nothing,
    /// It did what it is for, and does not show it to whoever is out of reach of it.
    Withheld,
    /// It was refused with this code.
    Refused(String),
}

impl Outcome {
    fn refused(code: &str) -> Self {
        Self::Refused(code.to_owned())
    }

    /// Reads the data and errors of an answer.
    pub(super) fn of(field: &str, data: &Value, errors: &[Value]) -> Self {
        if let Some(error) = errors.first() {
            let code = error["extensions"]["code"].as_str();
            return Self::refused(code.unwrap_or("(no code)"));
        }
        let payload = &data[field];
        if let Some(code) = payload["errors"][0]["code"].as_str() {
            return Self::refused(code);
        }
        let nodes = payload["nodes"].as_array();
        if payload.is_null() || nodes.is_some_and(Vec::is_empty) {
            return Self::Nothing;
        }
        if shows_nothing(payload) {
            return Self::Withheld;
        }
        Self::Done
    }
}

/// Whether a payload without errors holds nothing of what was changed either.
fn shows_nothing(payload: &Value) -> bool {
    let fields = payload.as_object().into_iter().flatten();
    let mut changed = fields.filter(|(name, _)| *name != "errors").peekable();
    changed.peek().is_some() && changed.all(|(_, value)| value.is_null())
}

/// For whom an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Everybody, signed in or not.
    Anyone,
    /// Everybody who is signed in, about themself or their own clinic.
    SignedIn,
    /// Clinicians and patients, about themselves.
    Concerned,
    /// Patients, about themselves.
    Patients,
    /// Staff, about their own clinic.
    Staff,
    /// Staff, about somebody or something of this clinic.
    StaffHere,
    /// Clinicians, about themselves.
    Clinicians,
    /// Clinicians, about somebody or something of this clinic.
    CliniciansHere,
    /// A list of clinicians' in which those of this clinic find what was prepared.
    CliniciansFindingHere,
    /// Clinicians and administrators, in their own clinic.
    RecordKeepers,
    /// The same; whoever reaches only their own patients is not shown the new one.
    RecordKeepersAdding,
    /// Administrators, about their own clinic.
    Administrators,
    /// Administrators, about somebody or something of this clinic.
    AdministratorsHere,
    /// A list of administrators' in which those of this clinic find what was prepared.
    AdministratorsFinding,
    /// A list of staff's in which those find the patient who reach him.
    Finding,
    /// The same for clinicians.
    CliniciansFinding,
    /// Whoever reaches the patient.
    Record,
    /// Clinicians and administrators who reach the patient.
    RecordKeepersOfRecord,
    /// Clinicians who reach the patient.
    CliniciansOfRecord,
    /// Clinicians who reach the patient, and the patient.
    Chat,
    /// The same, with the conversation looked for before the role is asked.
    Writing,
    /// Clinicians who reach the patient; he learns that it is not for him.
    ChatOfStaff,
    /// Clinicians who reach the patient, and the patient, who have brought no file.
    Uploads,
    /// The patient, for what is his alone.
    Own,
}

impl Rule {
    /// What this actor meets.
    pub(super) fn outcome(self, actor: Actor) -> Outcome {
        if self == Self::Anyone {
            return Outcome::Done;
        }
        if actor == Actor::Anonymous {
            return Outcome::refused("UNAUTHENTICATED");
        }
        let not_found = Outcome::refused("NOT_FOUND");
        if self.is_decided_by_role() && !self.is_for(actor) {
            return Outcome::refused("FORBIDDEN");
        }
        match self {
            Self::RecordKeepersAdding if actor == Actor::OffTeamUnderTeam => Outcome::Withheld,
            Self::Anyone
            | Self::SignedIn
            | Self::Concerned
            | Self::Patients
            | Self::Staff
            | Self::Clinicians
            | Self::RecordKeepers
            | Self::RecordKeepersAdding
            | Self::Administrators => Outcome::Done,
            Self::StaffHere | Self::CliniciansHere | Self::AdministratorsHere
                if actor.is_of_another_clinic() =>
            {
                not_found
            }
            Self::AdministratorsFinding | Self::CliniciansFindingHere
                if actor.is_of_another_clinic() =>
            {
                Outcome::Nothing
            }
            Self::StaffHere
            | Self::CliniciansHere
            | Self::AdministratorsHere
            | Self::CliniciansFindingHere
            | Self::AdministratorsFinding => Outcome::Done,
            Self::Finding | Self::CliniciansFinding if !actor.reaches_the_patient() => {
                Outcome::Nothing
            }
            Self::Own if actor != Actor::RightPatient => not_found,
            Self::Uploads if !actor.reaches_the_patient() => not_found,
            Self::Uploads => Outcome::refused("BAD_USER_INPUT"),
            Self::Record
            | Self::RecordKeepersOfRecord
            | Self::CliniciansOfRecord
            | Self::Chat
            | Self::Writing
            | Self::ChatOfStaff
                if !actor.reaches_the_patient() =>
            {
                not_found
            }
            _ if !self.is_for(actor) => Outcome::refused("FORBIDDEN"),
            _ => Outcome::Done,
        }
    }

    /// Whether the role is asked before anything is looked for. Where it is not, the patient must be in reach before the
    /// role matters.
    const fn is_decided_by_role(self) -> bool {
        !matches!(
            self,
            Self::Record | Self::Writing | Self::ChatOfStaff | Self::Own
        )
    }

    const fn is_for(self, actor: Actor) -> bool {
        let administrator = actor.is_administrator();
        match self {
            Self::Anyone | Self::SignedIn | Self::Record => true,
            Self::Patients => actor.is_patient(),
            Self::Staff
            | Self::StaffHere
            | Self::Finding
            | Self::RecordKeepers
            | Self::RecordKeepersAdding
            | Self::RecordKeepersOfRecord => !actor.is_patient(),
            Self::Clinicians
            | Self::CliniciansHere
            | Self::CliniciansFinding
            | Self::CliniciansFindingHere
            | Self::CliniciansOfRecord
            | Self::ChatOfStaff => !actor.is_patient() && !administrator,
            Self::Chat | Self::Writing | Self::Concerned | Self::Uploads => !administrator,
            Self::Administrators | Self::AdministratorsHere | Self::AdministratorsFinding => {
                administrator
            }
            Self::Own => matches!(actor, Actor::RightPatient),
        }
    }
}
