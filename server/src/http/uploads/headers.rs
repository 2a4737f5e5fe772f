//! What the headers of an upload say.

use std::collections::HashMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::refusal::Refusal;
use crate::domain::attachments::Checksum;

pub(super) const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(super) const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
pub(super) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(super) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(super) const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");

/// The one version that is spoken.
pub(super) const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");

/// The type of the bytes of an upload, as opposed to that of the file.
const BYTES: &str = "application/offset+octet-stream";

/// Refuses other versions of the protocol.
pub(super) fn check_version(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.get(TUS_RESUMABLE) == Some(&VERSION) {
        Ok(())
    } else {
        Err(Refusal::Version)
    }
}

/// Whether a request brings bytes of a file.
pub(super) fn brings_bytes(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().eq_ignore_ascii_case(BYTES.as_bytes()))
}

/// A number of bytes.
pub(super) fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    let text = headers.get(name)?.to_str().ok()?;
    // `parse` would take a plus sign.
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// `Upload-Metadata`: names, each with a value in base64 or none.
pub(super) fn metadata(headers: &HeaderMap) -> Result<HashMap<String, String>, Refusal> {
    let malformed = Refusal::Malformed("Upload-Metadata holds names with values in base64.");
    let Some(value) = headers.get(UPLOAD_METADATA) else {
        return Ok(HashMap::new());
    };
    let pairs = value.to_str().ok().and_then(|text| {
        text.split(',')
            .map(str::trim)
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once(' ').unwrap_or((pair, ""));
                let value = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
                Some((name.to_owned(), value))
            })
            .collect()
    });
    pairs.ok_or(malformed)
}

/// `Upload-Checksum`: an algorithm and a value in base64.
pub(super) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Refusal> {
    let Some(value) = headers.get(UPLOAD_CHECKSUM) else {
        return Ok(None);
    };
    let malformed = Refusal::Malformed("Upload-Checksum is sha1 or sha256, and a value in base64.");
    let read = || {
        let (algorithm, value) = value.to_str().ok()?.trim().split_once(' ')?;
        let bytes = STANDARD.decode(value.trim()).ok()?;
        match (algorithm, bytes.len()) {
            ("sha1", 20) => Some(Checksum::Sha1(bytes)),
            ("sha256", 32) => Some(Checksum::Sha256(bytes)),
            _ => None,
        }
    };
    read().map(Some).ok_or(malformed)
}

/// A SHA-256 in hexadecimal digits.
pub(super) fn sha256(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn metadata_are_names_with_values() {
        let read = metadata(&headers(
            UPLOAD_METADATA,
            "filename YS5wZGY=,is_confidential",
        ));
        let read = read.unwrap();
        assert_eq!(read["filename"], "a.pdf");
        assert_eq!(read["is_confidential"], "");
        assert!(metadata(&headers(UPLOAD_METADATA, "filename %%%")).is_err());
    }

    #[test]
    fn numbers_are_digits() {
        let number = |value| number(&headers(UPLOAD_OFFSET, value), &UPLOAD_OFFSET);
        assert_eq!(number("70"), Some(70));
        for wrong in ["", "-1", "+1", "1.5", "0x1", "99999999999999999999"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_checksum_names_its_algorithm() {
        let read = |value| checksum(&headers(UPLOAD_CHECKSUM, value));
        assert!(matches!(
            read("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="),
            Ok(Some(Checksum::Sha1(_)))
        ));
        assert!(read("md5 Kq5sNclPz7QV2w==").is_err());
        assert!(read("sha1 AAAA").is_err());
    }
}
