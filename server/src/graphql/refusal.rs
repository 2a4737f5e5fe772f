//! From what the domain refuses to what the API answers: wrong values are data, everything else an error.

use super::error::{ApiError, ApiResult, UserError, UserErrorCode};
use crate::domain::{
    chart_documents::DocumentError,
    groups::GroupError,
    organizations::SettingsError,
    panel::PanelError,
    people::{
        patients::PatientError,
        staff::StaffError,
        values::{Problem, Wrong},
    },
    programs::ProgramError,
};

/// A domain's refusal, sorted.
pub enum Refusal {
    /// What the user can mend.
    Mendable(Vec<UserError>),
    /// Everything else.
    Final(ApiError),
}

/// What a payload holds: the result, or the errors that the user can mend.
///
/// # Errors
/// Refusals and faults that the user cannot mend.
pub fn settle<T, E: Into<Refusal>>(
    outcome: Result<T, E>,
) -> ApiResult<(Option<T>, Vec<UserError>)> {
    match outcome.map_err(Into::into) {
        Ok(result) => Ok((Some(result), Vec::new())),
        Err(Refusal::Mendable(errors)) => Ok((None, errors)),
        Err(Refusal::Final(error)) => Err(error),
    }
}

impl From<Wrong> for UserError {
    fn from(wrong: Wrong) -> Self {
        let code = match wrong.problem {
            Problem::Blank => UserErrorCode::Blank,
            Problem::TooLong { .. } => UserErrorCode::TooLong,
            Problem::TooMany { .. } | Problem::OutOfRange { .. } => UserErrorCode::OutOfRange,
            Problem::NotAMobileNumber => UserErrorCode::NotAMobileNumber,
            Problem::Taken => UserErrorCode::Taken,
            Problem::Needs(_) => UserErrorCode::DependsOnOther,
            Problem::ControlCharacter
            | Problem::NotAnEmailAddress
            | Problem::NotALanguage
            | Problem::NotATimeZone
            | Problem::NotARegion
            | Problem::NotASlug
            | Problem::NotAFileType
            | Problem::NotASender
            | Problem::NotAWebhookSecret
            | Problem::NotAllowed
            | Problem::NotOpeningTimes
            | Problem::NotABirthDate => UserErrorCode::Invalid,
        };
        Self {
            code,
            field: Some(wrong.field.split('.').map(str::to_owned).collect()),
            message: wrong.problem.to_string(),
        }
    }
}

pub(super) fn mendable(wrong: Vec<Wrong>) -> Refusal {
    Refusal::Mendable(wrong.into_iter().map(UserError::from).collect())
}

fn not_clinician() -> Refusal {
    Refusal::Mendable(vec![UserError::general(
        UserErrorCode::WrongState,
        "Only active clinicians can join a care team.",
    )])
}

impl From<StaffError> for Refusal {
    fn from(error: StaffError) -> Self {
        match error {
            StaffError::Invalid(wrong) => mendable(wrong),
            StaffError::LastAdministrator => Self::Mendable(vec![UserError::general(
                UserErrorCode::LastAdministrator,
                "This is the last active administrator; make somebody else one first.",
            )]),
            StaffError::Denied(denied) => Self::Final(denied.into()),
        }
    }
}

impl From<PatientError> for Refusal {
    fn from(error: PatientError) -> Self {
        match error {
            PatientError::Invalid(wrong) => mendable(wrong),
            PatientError::NotClinician => not_clinician(),
            PatientError::Denied(denied) => Self::Final(denied.into()),
        }
    }
}

impl From<PanelError> for Refusal {
    fn from(error: PanelError) -> Self {
        match error {
            PanelError::NotClinician => not_clinician(),
            PanelError::Denied(denied) => Self::Final(denied.into()),
        }
    }
}

impl From<ProgramError> for Refusal {
    fn from(error: ProgramError) -> Self {
        match error {
            ProgramError::Invalid(wrong) => mendable(wrong),
            ProgramError::Denied(denied) => Self::Final(denied.into()),
        }
    }
}

impl From<GroupError> for Refusal {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Invalid(wrong) => mendable(wrong),
            GroupError::Denied(denied) => Self::Final(denied.into()),
        }
    }
}

impl From<DocumentError> for Refusal {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Invalid(wrong) => mendable(wrong),
            DocumentError::FileNotUsable => Self::Mendable(vec![UserError::at(
                "attachmentId",
                UserErrorCode::FileNotUsable,
                "The file has not arrived as a whole, was refused, or is about somebody else.",
            )]),
            DocumentError::Denied(denied) => Self::Final(denied.into()),
        }
    }
}

impl From<SettingsError> for Refusal {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Invalid(wrong) => mendable(wrong),
            SettingsError::Denied(denied) => Self::Final(denied.into()),
        }
    }
}
