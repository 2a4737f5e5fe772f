//! Which media type a request has, and which its answer gets.

use axum::http::{HeaderMap, HeaderValue, header};

/// The JSON forms of a GraphQL answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonType {
    /// `application/graphql-response+json`: the status tells whether the operation was executed.
    GraphqlResponse,
    /// `application/json`: a well-formed request is always answered with 200.
    Json,
}

impl JsonType {
    pub(super) fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }
}

/// What a client can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepted {
    /// The JSON form that it likes best, if any.
    pub(super) json: Option<JsonType>,
    /// How it takes `text/event-stream`.
    pub(super) event_stream: EventStream,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventStream {
    Refused,
    /// Only where nothing else will do.
    Possible,
    /// Rather than JSON.
    Preferred,
}

/// Reads the `Accept` headers. Clients that ask for incremental delivery by `multipart/mixed`
/// are recent enough to read the response type.
pub(super) fn accepted(headers: &HeaderMap) -> Accepted {
    if !headers.contains_key(header::ACCEPT) {
        return Accepted {
            json: Some(JsonType::Json),
            event_stream: EventStream::Refused,
        };
    }
    let mut ranges: Vec<Range> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(Range::parse)
        .collect();
    // The sort is stable: what is named first wins among equals.
    ranges.sort_by_key(|range| std::cmp::Reverse((range.quality, range.specificity)));

    let json = ranges.iter().position(|range| range.json.is_some());
    let stream = ranges.iter().position(|range| range.is_event_stream);
    Accepted {
        json: json.and_then(|at| ranges[at].json),
        event_stream: match (stream, json) {
            (None, _) => EventStream::Refused,
            (Some(stream), Some(json)) if json < stream => EventStream::Possible,
            (Some(_), _) => EventStream::Preferred,
        },
    }
}

struct Range {
    /// In thousandths.
    quality: u16,
    specificity: u8,
    json: Option<JsonType>,
    is_event_stream: bool,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let quality = parts
            .filter_map(|part| part.split_once('='))
            .find(|(key, _)| key.trim().eq_ignore_ascii_case("q"))
            .map_or(1000, |(_, value)| thousandths(value.trim()));
        if quality == 0 {
            return None;
        }
        let (specificity, json) = match name.as_str() {
            "" => return None,
            "application/graphql-response+json" | "multipart/mixed" => {
                (2, Some(JsonType::GraphqlResponse))
            }
            "application/json" => (2, Some(JsonType::Json)),
            "application/*" => (1, Some(JsonType::Json)),
            "*/*" => (0, Some(JsonType::Json)),
            _ => (2, None),
        };
        Some(Self {
            quality,
            specificity,
            json,
            is_event_stream: name == "text/event-stream",
        })
    }
}

/// A quality that cannot be read counts as 1, like one that is not given.
fn thousandths(quality: &str) -> u16 {
    quality
        .parse::<f32>()
        .ok()
        .filter(|quality| (0.0..=1.0).contains(quality))
        .map_or(1000, |quality| (quality * 1000.0) as u16)
}

/// Whether a body is JSON in UTF-8. A browser sends that from a foreign page only after a
/// preflight, which forms cannot make.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(header::CONTENT_TYPE).map(HeaderValue::to_str) else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let is_json = parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(key, _)| key.trim().eq_ignore_ascii_case("charset"))
        .all(|(_, charset)| {
            charset
                .trim()
                .trim_matches('"')
                .eq_ignore_ascii_case("utf-8")
        });
    is_json && is_utf8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> Accepted {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(value));
        accepted(&headers)
    }

    #[test]
    fn the_best_liked_json_form_is_answered() {
        let json = |value| accept(value).json;
        assert_eq!(accepted(&HeaderMap::new()).json, Some(JsonType::Json));
        assert_eq!(json("*/*"), Some(JsonType::Json));
        assert_eq!(json("application/*;q=0.1"), Some(JsonType::Json));
        assert_eq!(
            json("application/json;q=0.9, application/graphql-response+json; charset=utf-8"),
            Some(JsonType::GraphqlResponse)
        );
        assert_eq!(
            json("application/json, application/graphql-response+json"),
            Some(JsonType::Json)
        );
        assert_eq!(
            json("*/*, application/graphql-response+json"),
            Some(JsonType::GraphqlResponse)
        );
        assert_eq!(
            json(
                "multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json"
            ),
            Some(JsonType::GraphqlResponse)
        );
        assert_eq!(
            json("multipart/mixed;deferSpec=20220824"),
            Some(JsonType::GraphqlResponse)
        );
        assert_eq!(json("text/html"), None);
        assert_eq!(json("application/json;q=0"), None);
    }

    #[test]
    fn an_event_stream_is_taken_as_it_is_liked() {
        assert_eq!(accept("*/*").event_stream, EventStream::Refused);
        assert_eq!(
            accept("text/event-stream").event_stream,
            EventStream::Preferred
        );
        assert_eq!(
            accept("application/json, text/event-stream").event_stream,
            EventStream::Possible
        );
        assert_eq!(
            accept("application/json;q=0.5, text/event-stream").event_stream,
            EventStream::Preferred
        );
    }

    #[test]
    fn only_json_in_utf_8_is_a_body() {
        let body = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
            is_json(&headers)
        };
        assert!(body("application/json"));
        assert!(body("Application/JSON; charset=\"UTF-8\""));
        assert!(!body("application/json; charset=latin1"));
        assert!(!body("text/plain"));
        assert!(!body("application/x-www-form-urlencoded"));
        assert!(!body("multipart/form-data; boundary=x"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
