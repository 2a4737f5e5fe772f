//! Why an upload is refused, with a code that a program can tell apart.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::headers::{TUS_RESUMABLE, TUS_VERSION, UPLOAD_OFFSET, VERSION};
use crate::{
    domain::{
        attachments::{AnnounceError, FilesFault, ReceiveError},
        fault::Fault,
        policy::Denied,
    },
    http::{bearer::NotSignedIn, layers},
};

/// A refusal. The texts never repeat what was sent.
#[derive(Debug)]
pub(super) enum Refusal {
    Unauthenticated,
    Forbidden(&'static str, String),
    NotFound,
    Gone,
    Method(&'static str),
    Version,
    MediaType,
    Malformed(&'static str),
    Empty,
    TooLong { max: Option<u64> },
    TooMany,
    NoPlace,
    Offset(u64),
    Busy,
    InUse,
    Checksum,
    Type,
    BrokenOff,
    Full,
    Fault(Fault),
}

impl From<NotSignedIn> for Refusal {
    fn from(reason: NotSignedIn) -> Self {
        match reason {
            NotSignedIn::Unauthenticated => Self::Unauthenticated,
            NotSignedIn::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        if matches!(fault, Fault::Files(FilesFault::Full)) {
            Self::Full
        } else {
            Self::Fault(fault)
        }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        let code = match denied {
            Denied::NotFound => return Self::NotFound,
            Denied::Fault(fault) => return fault.into(),
            Denied::Role(_) => "FORBIDDEN",
            Denied::PortalChatOff => "PORTAL_CHAT_OFF",
            Denied::NotEnrolled => "NOT_ENROLLED",
            Denied::PortalDisabled => "PORTAL_DISABLED",
            Denied::PortalAccessMissing => "PATIENT_PORTAL_ACCESS_MISSING",
            Denied::PatientUploadsOff => "PATIENT_UPLOADS_OFF",
        };
        Self::Forbidden(code, denied.to_string())
    }
}

impl From<AnnounceError> for Refusal {
    fn from(error: AnnounceError) -> Self {
        match error {
            AnnounceError::Empty => Self::Empty,
            AnnounceError::TooLong { max } => Self::TooLong { max: Some(max) },
            AnnounceError::TooMany => Self::TooMany,
            AnnounceError::Fault(fault) => fault.into(),
        }
    }
}

impl From<ReceiveError> for Refusal {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Ended => Self::NotFound,
            ReceiveError::Offset(at) => Self::Offset(at),
            ReceiveError::Busy => Self::Busy,
            ReceiveError::Empty => Self::Empty,
            ReceiveError::TooLong => Self::TooLong { max: None },
            ReceiveError::Checksum => Self::Checksum,
            ReceiveError::Type => Self::Type,
            ReceiveError::BrokenOff => Self::BrokenOff,
            ReceiveError::Files(fault) => Fault::Files(fault).into(),
            ReceiveError::Fault(fault) => fault.into(),
        }
    }
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden(..) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Gone => StatusCode::GONE,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Version => StatusCode::PRECONDITION_FAILED,
            Self::MediaType | Self::Type => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Malformed(_) | Self::Empty | Self::BrokenOff => StatusCode::BAD_REQUEST,
            Self::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Offset(_) | Self::InUse => StatusCode::CONFLICT,
            Self::Busy => StatusCode::LOCKED,
            Self::Full => StatusCode::INSUFFICIENT_STORAGE,
            Self::NoPlace => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault(fault) if fault.is_passing() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
            // The protocol has a status of its own for this one.
            Self::Checksum => match StatusCode::from_u16(460) {
                Ok(status) => status,
                Err(_) => StatusCode::BAD_REQUEST,
            },
        }
    }

    const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden(code, _) => code,
            Self::NotFound => "NOT_FOUND",
            Self::Gone => "UPLOAD_EXPIRED",
            Self::Method(_) => "METHOD_NOT_ALLOWED",
            Self::Version => "VERSION_NOT_SUPPORTED",
            Self::MediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::Malformed(_) => "BAD_REQUEST",
            Self::Empty => "FILE_EMPTY",
            Self::TooLong { .. } => "FILE_TOO_LONG",
            Self::TooMany => "TOO_MANY_FILES",
            Self::Fault(fault) if !fault.is_passing() => "INTERNAL",
            Self::NoPlace | Self::Fault(_) => "UNAVAILABLE",
            Self::Offset(_) => "OFFSET_MISMATCH",
            Self::Busy => "UPLOAD_IN_PROGRESS",
            Self::InUse => "FILE_IN_USE",
            Self::Checksum => "CHECKSUM_MISMATCH",
            Self::Type => "TYPE_NOT_ALLOWED",
            Self::BrokenOff => "BROKEN_OFF",
            Self::Full => "STORE_FULL",
        }
    }

    fn message(&self) -> String {
        let text = match self {
            Self::Forbidden(_, reason) => return format!("Not allowed: {reason}."),
            Self::TooLong { max: Some(max) } => {
                return format!("The file is too long; it may have {max} bytes.");
            }
            Self::Unauthenticated => "Sign in first.",
            Self::NotFound => "There is no such upload or patient.",
            Self::Gone => "The upload has run out; begin again.",
            Self::Method(_) => "This address does not take that method.",
            Self::Version => "Tus-Resumable must be 1.0.0.",
            Self::MediaType => "The content type must be application/offset+octet-stream.",
            Self::Malformed(text) => text,
            Self::Empty => "The file is empty.",
            Self::TooLong { max: None } => "These are more bytes than were announced.",
            Self::TooMany => "Too many files wait to be used; use or give up some of them.",
            Self::NoPlace => {
                "Too many files arrive at once, of yours, of your clinic or altogether; try again soon."
            }
            Self::Offset(_) => "The bytes do not begin where the last ones ended.",
            Self::Busy => "Another request is sending bytes of this file.",
            Self::InUse => "The file is in use.",
            Self::Checksum => "The checksum does not match; the bytes were not kept.",
            Self::Type => "Files of this type are not taken.",
            Self::BrokenOff => "The bytes broke off; go on from the offset.",
            Self::Full => "There is no room for the file.",
            Self::Fault(fault) if fault.is_passing() => {
                "The server cannot do this now; try again later."
            }
            Self::Fault(_) => "The server failed.",
        };
        text.to_owned()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if let Self::Fault(fault) = &self {
            tracing::error!(error.class = fault.class(), "an upload failed");
        }
        let mut response = layers::refusal(self.status(), self.code(), &self.message());
        let headers = response.headers_mut();
        headers.insert(TUS_RESUMABLE, VERSION);
        let more = match self {
            Self::Version => Some((TUS_VERSION, VERSION)),
            Self::Unauthenticated => {
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            Self::Method(allowed) => Some((header::ALLOW, HeaderValue::from_static(allowed))),
            Self::NoPlace => Some((header::RETRY_AFTER, HeaderValue::from_static("1"))),
            Self::Offset(at) => Some((UPLOAD_OFFSET, HeaderValue::from(at))),
            Self::Forbidden(..)
            | Self::NotFound
            | Self::Gone
            | Self::MediaType
            | Self::Malformed(_)
            | Self::Empty
            | Self::TooLong { .. }
            | Self::TooMany
            | Self::Busy
            | Self::InUse
            | Self::Checksum
            | Self::Type
            | Self::BrokenOff
            | Self::Full
            | Self::Fault(_) => None,
        };
        headers.extend(more);
        response
    }
}
