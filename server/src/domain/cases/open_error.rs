//! Why a case was not opened.

use crate::domain::{
    messages::{DraftError, SendError},
    people::values::{Wrong, takes_refusals},
    policy::Denied,
};

/// Why a case was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Values that cannot be taken.
    #[error("values cannot be taken")]
    Invalid(Vec<Wrong>),
    /// Only patients open requests in the portal.
    #[error("patients open their own contact requests in the portal")]
    OwnRequest,
    /// The key cannot be one.
    #[error(transparent)]
    Draft(DraftError),
    /// What it begins with cannot be stored.
    #[error(transparent)]
    Refused(#[from] SendError),
    /// Refused by policy, or the database failed.
    #[error(transparent)]
    Denied(#[from] Denied),
}

takes_refusals!(OpenError);
