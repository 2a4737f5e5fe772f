//! What message templates can name.

use crate::domain::placeholders::{self, Placeholders};

/// What a message template can stand for. A message is read after signing in, so the patient can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Placeholder {
    /// The patient's name.
    PatientName,
    /// The clinic's name.
    ClinicName,
    /// The telephone number that the clinic gives to patients.
    ClinicPhone,
    /// The e-mail address that the clinic gives to patients.
    ClinicEmail,
    /// The name of the staff member who sends it.
    SenderName,
}

impl Placeholders for Placeholder {
    const ALL: &'static [Self] = &[
        Self::PatientName,
        Self::ClinicName,
        Self::ClinicPhone,
        Self::ClinicEmail,
        Self::SenderName,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::PatientName => "patient_name",
            Self::ClinicName => "clinic_name",
            Self::ClinicPhone => "clinic_phone",
            Self::ClinicEmail => "clinic_email",
            Self::SenderName => "sender_name",
        }
    }
}

/// A title or body that was read.
pub(super) type Template = placeholders::Template<Placeholder>;
