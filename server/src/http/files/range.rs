//! Which bytes of a file are asked for (RFC 9110): all of them, or one range.

use std::ops::Range;

use axum::http::{HeaderMap, HeaderValue, header};

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All bytes.
    Whole,
    /// Some of them.
    Part(Range<u64>),
    /// Bytes that the file does not have.
    Nothing,
}

/// Reads the headers of a request for a file of this tag and length. Several ranges, and what cannot be understood, ask
/// for the whole file.
pub(super) fn wanted(headers: &HeaderMap, tag: &HeaderValue, length: u64) -> Wanted {
    let same_file = headers
        .get(header::IF_RANGE)
        .is_none_or(|known| known == tag);
    let range = headers
        .get(header::RANGE)
        .filter(|_| same_file)
        .and_then(|range| range.to_str().ok())
        .and_then(|range| range.strip_prefix("bytes="))
        .and_then(|range| range.trim().split_once('-'));
    let Some((from, to)) = range else {
        return Wanted::Whole;
    };
    let number = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.parse::<u64>().ok())?
    };
    let bounds = match (from, to) {
        ("", last) => number(last).map(|last| (length.saturating_sub(last), length)),
        (from, "") => number(from).map(|from| (from, length)),
        (from, to) => number(from)
            .zip(number(to))
            .filter(|(from, to)| from <= to)
            .map(|(from, to)| (from, to.saturating_add(1).min(length))),
    };
    match bounds {
        None => Wanted::Whole,
        Some((from, to)) if from < to => Wanted::Part(from..to),
        Some(_) => Wanted::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &'static str, if_range: Option<&'static str>) -> Wanted {
        let tag = HeaderValue::from_static("\"a\"");
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static(range));
        if let Some(if_range) = if_range {
            headers.insert(header::IF_RANGE, HeaderValue::from_static(if_range));
        }
        wanted(&headers, &tag, 100)
    }

    #[test]
    fn one_range_is_served() {
        assert_eq!(asked("bytes=0-9", None), Wanted::Part(0..10));
        assert_eq!(asked("bytes=90-", None), Wanted::Part(90..100));
        assert_eq!(asked("bytes=-10", None), Wanted::Part(90..100));
        assert_eq!(asked("bytes=-1000", None), Wanted::Part(0..100));
        assert_eq!(asked("bytes=0-1000", None), Wanted::Part(0..100));
        assert_eq!(asked("bytes=100-", None), Wanted::Nothing);
        assert_eq!(asked("bytes=-0", None), Wanted::Nothing);
        for odd in [
            "bytes=0-1,5-6",
            "bytes=9-0",
            "lines=0-1",
            "bytes=a-",
            "bytes=",
            "bytes=-",
        ] {
            assert_eq!(asked(odd, None), Wanted::Whole, "{odd}");
        }
    }

    #[test]
    fn a_range_of_another_file_is_the_whole_of_this_one() {
        assert_eq!(asked("bytes=0-9", Some("\"a\"")), Wanted::Part(0..10));
        assert_eq!(asked("bytes=0-9", Some("\"b\"")), Wanted::Whole);
    }
}
