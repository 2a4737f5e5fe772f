//! Answers as HTTP responses.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{answer::Answer, media_type::JsonType, refusal::Refusal};

/// A refusal as a JSON response.
pub(super) fn refuse(refusal: &Refusal, json: JsonType) -> Response {
    let answer = Answer::refused(refusal);
    let status = refusal
        .status()
        .unwrap_or_else(|| json_status(&answer, json));
    let mut response = json_response(status, json, serde_json::to_vec(&answer));
    let header = match status {
        StatusCode::METHOD_NOT_ALLOWED => Some((header::ALLOW, "GET, POST, OPTIONS")),
        StatusCode::UNAUTHORIZED => Some((header::WWW_AUTHENTICATE, "Bearer")),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            Some((header::RETRY_AFTER, "1"))
        }
        _ => None,
    };
    if let Some((name, value)) = header {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The status of an answer.
pub(super) fn json_status(answer: &Answer, json: JsonType) -> StatusCode {
    match json {
        JsonType::GraphqlResponse if !answer.is_executed() => StatusCode::BAD_REQUEST,
        JsonType::GraphqlResponse | JsonType::Json => StatusCode::OK,
    }
}

/// A response with a body of JSON.
pub(super) fn json_response(
    status: StatusCode,
    json: JsonType,
    body: serde_json::Result<Vec<u8>>,
) -> Response {
    match body {
        Ok(body) => (
            status,
            [
                (header::CONTENT_TYPE, json.header()),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
                (header::VARY, HeaderValue::from_static("accept")),
            ],
            body,
        )
            .into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
