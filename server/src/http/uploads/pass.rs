//! From which web pages files are sent, and what they may read of the answers.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::FileSite;
use crate::http::layers;

/// Refuses pages of foreign origins, and lets those of admitted ones send and read the headers of the protocol.
pub(in crate::http) async fn pages(
    State(site): State<FileSite>,
    request: Request,
    next: Next,
) -> Response {
    const ANSWERS: [(HeaderName, &str); 4] = [
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "POST, GET, HEAD, PATCH, DELETE, OPTIONS",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, x-request-id, x-requested-with, x-http-method-override, tus-resumable, \
             upload-length, upload-offset, upload-metadata, upload-checksum, upload-defer-length, upload-concat, range",
        ),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "location, tus-resumable, tus-version, tus-extension, tus-max-size, tus-checksum-algorithm, upload-offset, \
             upload-length, upload-expires, upload-metadata, content-range, content-disposition, retry-after, x-request-id",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    let origin = request.headers().get(header::ORIGIN).cloned();
    if !site.origins.admits(request.headers()) {
        return layers::refusal(
            StatusCode::FORBIDDEN,
            "ORIGIN_NOT_ALLOWED",
            "Requests from this origin are not allowed.",
        );
    }
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        for (name, value) in ANSWERS {
            if is_preflight || name == header::ACCESS_CONTROL_EXPOSE_HEADERS {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
    }
    response
}
