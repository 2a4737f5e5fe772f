//! Why a case was not changed.

use entity::CaseStatus;

use crate::domain::{fault::Fault, people::values::Wrong, policy::Denied};

/// Why a case was not changed.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// It is not where whoever changes it saw it; somebody was faster.
    #[error("somebody has changed the status meanwhile")]
    MovedOn,
    /// The patient has written since whoever hides it saw it.
    #[error("the patient has written meanwhile")]
    Written,
    /// It cannot go there from where it is.
    #[error("a case cannot go from {} to {}", from.word(), to.word())]
    NoSuchMove {
        /// Where it is.
        from: CaseStatus,
        /// Where it was to go.
        to: CaseStatus,
    },
    /// The conversation is none.
    #[error("only the threads of cases are hidden")]
    NotACase,
    /// Nobody can work on it who is no active clinician, or restricted from the patient.
    #[error("only active clinicians who may see the patient can be assigned")]
    NotClinician,
    /// Values that cannot be taken.
    #[error("values cannot be taken")]
    Invalid(Vec<Wrong>),
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl From<Fault> for CaseError {
    fn from(fault: Fault) -> Self {
        Self::Denied(fault.into())
    }
}

impl From<sea_orm::DbErr> for CaseError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Denied(error.into())
    }
}
