//! What the server answers when all is well.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use entity::{AttachmentStatus, attachment};

use super::headers::{
    TUS_RESUMABLE, TUS_VERSION, UPLOAD_EXPIRES, UPLOAD_LENGTH, UPLOAD_OFFSET, VERSION,
};

const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const TUS_CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");

/// An answer without a body.
pub(super) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
}

impl Answer {
    pub(super) fn new(status: StatusCode) -> Self {
        let headers = HeaderMap::from_iter([(TUS_RESUMABLE, VERSION)]);
        Self { status, headers }
    }

    /// What this server can do.
    pub(super) fn abilities(max_bytes: u64) -> Self {
        let mut answer = Self::new(StatusCode::NO_CONTENT);
        answer.headers.extend([
            (TUS_VERSION, VERSION),
            (
                TUS_EXTENSION,
                HeaderValue::from_static(
                    "creation,creation-with-upload,termination,expiration,checksum",
                ),
            ),
            (
                TUS_CHECKSUM_ALGORITHM,
                HeaderValue::from_static("sha1,sha256"),
            ),
            (TUS_MAX_SIZE, HeaderValue::from(max_bytes)),
        ]);
        answer
    }

    /// Where the upload is.
    pub(super) fn location(mut self, upload: &attachment::Model) -> Self {
        let path = format!("/uploads/{}", upload.id.to_public());
        if let Ok(path) = HeaderValue::from_str(&path) {
            self.headers.insert(header::LOCATION, path);
        }
        self
    }

    /// How long the file is.
    pub(super) fn length(mut self, upload: &attachment::Model) -> Self {
        self.headers
            .insert(UPLOAD_LENGTH, HeaderValue::from(upload.length));
        self
    }

    /// How far the upload has come, and how long it may rest there.
    pub(super) fn progress(mut self, upload: &attachment::Model) -> Self {
        self.headers
            .insert(UPLOAD_OFFSET, HeaderValue::from(upload.received));
        let expiry = upload
            .expires_at
            .filter(|_| upload.status == AttachmentStatus::Uploading)
            .map(|at| at.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
            .and_then(|text| HeaderValue::try_from(text).ok());
        if let Some(expiry) = expiry {
            self.headers.insert(UPLOAD_EXPIRES, expiry);
        }
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (self.status, self.headers).into_response()
    }
}
