//! An id that ties the log entries of one request together.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use uuid::Uuid;

/// The header that carries the id, in and out.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over from a client or proxy.
const LONGEST: usize = 64;

/// The id of a request; in its extensions once [`identify`] has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id that [`identify`] gave, the one that the request brought, or a new one.
    pub(super) fn of<B>(request: &axum::http::Request<B>) -> Self {
        if let Some(id) = request.extensions().get::<Self>() {
            return id.clone();
        }
        request
            .headers()
            .get(REQUEST_ID_HEADER)
            .and_then(|value| value.to_str().ok())
            .filter(|id| is_plain(id))
            .map_or_else(
                || Self(Uuid::now_v7().to_string().into()),
                |id| Self(id.into()),
            )
    }
}

/// Whether an id can go into a log without care.
fn is_plain(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= LONGEST
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Middleware that gives each request an id and names it in the response.
pub async fn identify(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(&request);
    let header = HeaderValue::from_str(id.as_str());
    request.extensions_mut().insert(id);
    let mut response = next.run(request).await;
    if let Ok(header) = header {
        response.headers_mut().insert(REQUEST_ID_HEADER, header);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_are_taken_over() {
        let of = |value: &'static str| {
            let request = axum::http::Request::builder()
                .header(REQUEST_ID_HEADER, value)
                .body(())
                .unwrap();
            RequestId::of(&request).as_str().to_owned()
        };
        assert_eq!(of("trace-1.a_B"), "trace-1.a_B");
        for odd in ["", "with space", "<script>", "née"] {
            assert_ne!(of(odd), odd);
        }
    }
}
