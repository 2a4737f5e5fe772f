//! What every answer passes through: the client's address, a span for the log, a time limit, headers.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Json,
    body::Body,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use ipnet::IpNet;
use serde_json::json;
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;

use super::transport::RequestId;
use crate::{domain::source::Source, graphql::error::reference};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// An error that is not GraphQL's.
pub(super) fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "error": { "code": code, "message": message } });
    (status, Json(body)).into_response()
}

/// Notes where the client is: the peer's address counts, or what a trusted proxy says.
pub(super) async fn locate(
    State(trusted): State<Arc<[IpNet]>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip().to_canonical());
    if let Some(peer) = peer {
        let source = client(&trusted, peer, request.headers());
        request.extensions_mut().insert(Source::from(source));
    }
    next.run(request).await
}

/// The address nearest to us that no trusted proxy has. Whatever stands further from us anybody could have written.
fn client(trusted: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut nearest = peer;
    let lines: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !is_trusted(&nearest) {
            break;
        }
        match address(hop) {
            Some(address) => nearest = address,
            None => break,
        }
    }
    nearest
}

/// Some proxies add the port.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    hop.parse()
        .ok()
        .or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()))
        .map(|address: IpAddr| address.to_canonical())
}

/// Puts all that is logged meanwhile under the request's id. The path itself may hold a link's token, so only the
/// route that it matches is named.
pub(super) async fn trace(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!(
        "http",
        request.id = request
            .extensions()
            .get::<RequestId>()
            .map(RequestId::as_str),
        http.method = request.method().as_str(),
        http.route = route,
    );
    async move {
        let began = Instant::now();
        let response = next.run(request).await;
        let status = response.status();
        let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if status.is_server_error() {
            tracing::warn!(
                http.status = status.as_u16(),
                http.millis = millis,
                "answered"
            );
        } else {
            tracing::debug!(
                http.status = status.as_u16(),
                http.millis = millis,
                "answered"
            );
        }
        response
    }
    .instrument(span)
    .await
}

/// Gives up on an answer that does not begin in time. Sockets and event streams begin at once, and are not cut.
pub(super) async fn limit_time(
    State(patience): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    timeout(patience, next.run(request))
        .await
        .unwrap_or_else(|_| {
            refusal(
                StatusCode::SERVICE_UNAVAILABLE,
                "TIMEOUT",
                "The server took too long; try again later.",
            )
        })
}

/// Answers for a handler that panicked. What it said may hold anything, so it goes to nobody; the place is in the log
/// by the panic hook.
pub(super) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response<Body> {
    let reference = reference();
    tracing::error!(error.reference = reference, "a handler panicked");
    let body = json!({ "error": {
        "code": "INTERNAL", "message": "The server failed.", "reference": reference,
    } });
    (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
}

/// What browsers are told about every answer. Pages that need more say so themselves, and are not overruled.
pub(super) async fn guard(State(https): State<bool>, request: Request, next: Next) -> Response {
    const HEADERS: [(HeaderName, &str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, lines: &[&'static str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        client(&trusted, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(seen("203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_a_client_writes_itself_is_not_believed() {
        assert_eq!(
            seen("10.0.0.1", &["192.0.2.66, 198.51.100.1, 10.0.0.2"]),
            "198.51.100.1"
        );
        assert_eq!(
            seen("10.0.0.1", &["192.0.2.66", "198.51.100.1:4711"]),
            "198.51.100.1"
        );
        assert_eq!(seen("10.0.0.1", &["198.51.100.1, nonsense"]), "10.0.0.1");
    }
}
