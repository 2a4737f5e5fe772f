//! Listens to what an S3-compatible store says when it has no room left. Stores say it by a status, or by a code in the body
//! of another status, and the client library passes neither on as something to match on.

use async_trait::async_trait;
use axum::http::{Method, StatusCode};
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
        HttpService, ReqwestConnector,
    },
};

use crate::domain::attachments::FilesFault;

/// What stores call it: Ceph, MinIO for its disks and for a bucket, and others.
const CODES: [&[u8]; 5] = [
    b"<Code>QuotaExceeded</Code>",
    b"<Code>XMinioStorageFull</Code>",
    b"<Code>XMinioAdminBucketQuotaExceeded</Code>",
    b"<Code>InsufficientStorage</Code>",
    b"<Code>StorageQuotaExceeded</Code>",
];

/// Makes clients that listen.
#[derive(Debug, Default)]
pub(super) struct Listening(ReqwestConnector);

impl HttpConnector for Listening {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        self.0
            .connect(options)
            .map(|client| HttpClient::new(Ear(client)))
    }
}

#[derive(Debug)]
struct Ear(HttpClient);

#[async_trait]
impl HttpService for Ear {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let writes = request.method() == Method::PUT;
        let response = self.0.execute(request).await?;
        if !writes || response.status().is_success() {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let body = body.bytes().await?;
        let is_full = parts.status == StatusCode::INSUFFICIENT_STORAGE || says_so(&body);
        if is_full {
            // Trying again at once would not help, and this kind is not tried again.
            return Err(HttpError::new(HttpErrorKind::Unknown, FilesFault::Full));
        }
        Ok(HttpResponse::from_parts(parts, body.into()))
    }
}

fn says_so(body: &[u8]) -> bool {
    CODES
        .iter()
        .any(|code| body.windows(code.len()).any(|part| part == *code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_full_stores_are_known() {
        let error =
            |code: &str| format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>");
        assert!(says_so(error("QuotaExceeded").as_bytes()));
        assert!(!says_so(error("AccessDenied").as_bytes()));
        assert!(!says_so(b""));
    }
}
