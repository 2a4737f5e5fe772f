//! An id that ties the log entries of one request together.

use std::sync::Arc;

use crate::domain::{clock::Clock, entropy::Entropy};
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

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
}

/// Makes request ids. Cheap to clone.
#[derive(Clone)]
pub struct RequestIds {
    clock: Clock,
    entropy: Entropy,
}

impl RequestIds {
    /// Ids from this clock and this randomness.
    pub fn new(clock: Clock, entropy: Entropy) -> Self {
        Self { clock, entropy }
    }

    /// The id that [`identify`] gave, the one that the request brought, or a new one.
    pub(super) fn of<B>(&self, request: &axum::http::Request<B>) -> RequestId {
        if let Some(id) = request.extensions().get::<RequestId>() {
            return id.clone();
        }
        request
            .headers()
            .get(REQUEST_ID_HEADER)
            .and_then(|value| value.to_str().ok())
            .filter(|id| is_plain(id))
            .map_or_else(
                || RequestId(self.entropy.uuid(self.clock.now()).to_string().into()),
                |id| RequestId(id.into()),
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
pub async fn identify(State(ids): State<RequestIds>, mut request: Request, next: Next) -> Response {
    let id = ids.of(&request);
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
        let ids = RequestIds::new(Clock::system(), Entropy::system());
        let of = |value: &'static str| {
            let request = axum::http::Request::builder()
                .header(REQUEST_ID_HEADER, value)
                .body(())
                .unwrap();
            ids.of(&request).as_str().to_owned()
        };
        assert_eq!(of("trace-1.a_B"), "trace-1.a_B");
        for odd in ["", "with space", "<script>", "née"] {
            assert_ne!(of(odd), odd);
        }
    }
}
