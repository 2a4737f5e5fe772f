//! From which web pages requests are taken.

use std::collections::HashSet;

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use thiserror::Error;

/// The origins whose pages may use the API. Requests without an `Origin` come from programs that
/// are no browsers, and pass.
#[derive(Debug, Clone, Default)]
pub struct AllowedOrigins(HashSet<String>);

/// A configured origin that is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("an origin is http:// or https:// with a host and at most a port")]
pub struct InvalidOrigin;

impl AllowedOrigins {
    /// Takes URLs, such as the public URL of the server, for their origins.
    pub fn new<'a>(urls: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidOrigin> {
        urls.into_iter()
            .map(|url| normalize(url).ok_or(InvalidOrigin))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a request with these headers is let in.
    pub(in crate::http) fn admits(&self, headers: &HeaderMap) -> bool {
        headers
            .get(header::ORIGIN)
            .is_none_or(|origin| self.contains(origin))
    }

    /// Whether the `Host` of a request is that of one of the origins.
    pub(in crate::http) fn names(&self, headers: &HeaderMap) -> bool {
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        host.is_some_and(|host| {
            ["http", "https"]
                .iter()
                .any(|scheme| self.has(&format!("{scheme}://{host}")))
        })
    }

    fn contains(&self, origin: &HeaderValue) -> bool {
        origin.to_str().is_ok_and(|origin| self.has(origin))
    }

    fn has(&self, origin: &str) -> bool {
        normalize(origin).is_some_and(|origin| self.0.contains(&origin))
    }
}

/// Scheme, host and port in lower case, the port left out where it is the scheme's own.
fn normalize(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let own_port = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let host = uri.host()?.to_ascii_lowercase();
    Some(match uri.port_u16().filter(|&port| port != own_port) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

/// Answers an OPTIONS request.
pub(super) fn preflight() -> Response {
    (
        StatusCode::NO_CONTENT,
        [
            (header::ALLOW, "GET, POST, OPTIONS"),
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "accept, authorization, content-type, x-request-id, \
                 graphql-require-preflight, apollo-require-preflight, \
                 apollographql-client-name, apollographql-client-version",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ],
    )
        .into_response()
}

/// Lets the page of an admitted origin read the response.
pub(super) fn grant(origin: Option<HeaderValue>, response: &mut Response) {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("x-request-id, retry-after"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(allowed: &AllowedOrigins, origin: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        allowed.admits(&headers)
    }

    #[test]
    fn origins_are_compared_as_browsers_write_them() {
        let allowed =
            AllowedOrigins::new(["https://Clinic.example:443/app", "http://127.0.0.1:8080"])
                .unwrap();
        assert!(admits(&allowed, "https://clinic.example"));
        assert!(admits(&allowed, "http://127.0.0.1:8080"));
        assert!(allowed.admits(&HeaderMap::new()));
        for foreign in [
            "null",
            "http://clinic.example",
            "https://clinic.example:444",
            "https://clinic.example.evil.example",
            "https://evil.example",
            "http://127.0.0.1",
            "",
        ] {
            assert!(!admits(&allowed, foreign), "{foreign}");
        }
    }

    #[test]
    fn a_host_is_one_of_the_origins_or_foreign() {
        let allowed =
            AllowedOrigins::new(["https://clinic.example", "http://localhost:8080"]).unwrap();
        let names = |host: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            allowed.names(&headers)
        };
        assert!(names("clinic.example") && names("Localhost:8080"));
        for foreign in [
            "evil.example",
            "evil.example:8080",
            "localhost",
            "clinic.example@evil.example",
            "",
        ] {
            assert!(!names(foreign), "{foreign}");
        }
        assert!(!allowed.names(&HeaderMap::new()));
    }

    #[test]
    fn what_is_no_origin_is_refused_at_the_start() {
        for url in ["clinic.example", "ftp://clinic.example", "", "https://"] {
            assert!(AllowedOrigins::new([url]).is_err(), "{url}");
        }
    }
}
