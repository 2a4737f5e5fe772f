//! How the API says no.
//!
//! What a user can cause and mend is data: a list of [`UserError`] in the payload. Faults and refusals are GraphQL errors
//! with `extensions.code`.

use std::{fmt::Write as _, sync::Arc};

use async_graphql::{Error, ErrorExtensions as _, SimpleObject};
use aws_lc_rs::rand;

pub use super::error_code::UserErrorCode;
use crate::domain::{
    budget::Spent, fault::Fault, messages::ReadError, policy::Denied, sessions::SessionError,
};

/// Something that the user can mend.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserError {
    /// What went wrong, for programs.
    pub code: UserErrorCode,
    /// The path of the input field that is wrong, from the input object downwards; null when it is none in particular.
    pub field: Option<Vec<String>>,
    /// What went wrong and how to mend it, as an English sentence for developers.
    pub message: String,
}

impl UserError {
    /// An error of one input field.
    pub fn at(field: &str, code: UserErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            field: Some(vec![field.to_owned()]),
            message: message.into(),
        }
    }

    /// An error of the operation as a whole.
    pub fn general(code: UserErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            field: None,
            message: message.into(),
        }
    }
}

/// A refusal or fault. It has no `Display`, so that it cannot reach a client without its code.
#[derive(Clone, Debug)]
pub enum ApiError {
    /// Nobody is signed in, or the session has ended.
    Unauthenticated,
    /// The viewer's role does not reach that far.
    Forbidden(String),
    /// It does not exist, or not for this viewer.
    NotFound,
    /// An argument cannot be understood.
    BadInput {
        /// The argument.
        argument: &'static str,
        /// What it must be.
        message: String,
    },
    /// A refusal that carries a user error's meaning where no payload can carry it, such as in a query.
    Refused(UserErrorCode, String),
    /// The answer would be too long.
    AnswerTooLong(Spent),
    /// More elements of a page are asked for than it may have.
    PageTooLong {
        /// The most that it may have.
        max: u32,
    },
    /// Too much at once; try again later.
    RateLimited,
    /// The server failed.
    Fault(Arc<Fault>),
}

/// The result of a resolver.
pub type ApiResult<T> = Result<T, ApiError>;

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        Self::Fault(Arc::new(fault))
    }
}

impl From<Arc<Fault>> for ApiError {
    fn from(fault: Arc<Fault>) -> Self {
        Self::Fault(fault)
    }
}

impl From<Spent> for ApiError {
    fn from(spent: Spent) -> Self {
        Self::AnswerTooLong(spent)
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Spent(spent) => spent.into(),
            ReadError::Fault(fault) => fault.into(),
        }
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotFound => Self::NotFound,
            Denied::Role(need) => Self::Forbidden(format!("This needs {need}.")),
            Denied::PortalChatOff => Self::Refused(
                UserErrorCode::PortalChatOff,
                "The clinic does not offer chat in the portal.".to_owned(),
            ),
            Denied::NotEnrolled => Self::Refused(
                UserErrorCode::NotEnrolled,
                "The patient is not enrolled in the portal.".to_owned(),
            ),
            Denied::PortalDisabled => Self::Refused(
                UserErrorCode::PortalDisabled,
                "The clinic has no patient portal.".to_owned(),
            ),
            Denied::PortalAccessMissing => Self::Refused(
                UserErrorCode::PatientPortalAccessMissing,
                "The patient is not allowed into the portal.".to_owned(),
            ),
            Denied::PatientUploadsOff => Self::Refused(
                UserErrorCode::PatientUploadsOff,
                "The clinic takes no files from patients.".to_owned(),
            ),
            Denied::Fault(fault) => fault.into(),
        }
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Ended => Self::Unauthenticated,
            SessionError::Fault(fault) => fault.into(),
        }
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Unauthenticated => coded("Sign in first.", "UNAUTHENTICATED"),
            ApiError::Forbidden(message) => coded(&message, "FORBIDDEN"),
            ApiError::NotFound => coded("There is nothing with this id.", "NOT_FOUND"),
            ApiError::BadInput { argument, message } => {
                coded(&message, "BAD_USER_INPUT").extend_with(|_, e| e.set("argument", argument))
            }
            ApiError::Refused(code, message) => Self::new(message)
                .extend_with(|_, e| e.set("code", async_graphql::resolver_utils::enum_value(code))),
            ApiError::AnswerTooLong(Spent { max }) => exceeded(
                "The answer would be too long; ask for less at once.",
                "answerBytes",
                max as u64,
            ),
            ApiError::PageTooLong { max } => exceeded(
                &format!("A page has 0 to {max} elements."),
                "pageSize",
                max.into(),
            ),
            ApiError::RateLimited => coded("Too many requests; try again later.", "RATE_LIMITED"),
            ApiError::Fault(fault) => internal(&fault),
        }
    }
}

fn coded(message: &str, code: &'static str) -> Error {
    Error::new(message).extend_with(|_, e| e.set("code", code))
}

fn exceeded(message: &str, limit: &'static str, max: u64) -> Error {
    coded(message, "LIMIT_EXCEEDED").extend_with(|_, e| {
        e.set("limit", limit);
        e.set("max", max);
    })
}

/// Logs a fault under a reference number, and tells the client that number and nothing else.
fn internal(fault: &Fault) -> Error {
    let reference = reference();
    tracing::error!(
        error.class = fault.class(),
        error.reference = reference,
        "operation failed"
    );
    let (message, code) = if fault.is_passing() {
        (
            "The server cannot do this now; try again later.",
            "UNAVAILABLE",
        )
    } else {
        ("The server failed.", "INTERNAL")
    };
    Error::new(message).extend_with(|_, e| {
        e.set("code", code);
        e.set("reference", reference);
    })
}

/// An error as a sentence.
pub fn sentence(error: &impl std::error::Error) -> String {
    let text = error.to_string();
    let mut characters = text.chars();
    let first: String = characters
        .next()
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

/// A number that ties an answer to a line of the log.
pub fn reference() -> String {
    let mut bytes = [0_u8; 8];
    // Without randomness the reference is all zeros, which still names the failure.
    let _ = rand::fill(&mut bytes);
    bytes
        .iter()
        .fold(String::with_capacity(16), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
