//! What a file is, decided by its bytes and never by its name or by what its sender says.

/// A kind of text that does not run, which needs no signature.
const PLAIN: &str = "text/plain";

/// The types that a server can be told to take. What a browser would run as a page of ours, such as HTML and SVG, is not
/// among them.
pub const KNOWN_TYPES: &[&str] = &[
    "application/dicom",
    "application/msword",
    "application/pdf",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/zip",
    "audio/aac",
    "audio/amr",
    "audio/m4a",
    "audio/mpeg",
    "audio/ogg",
    "audio/opus",
    "audio/x-flac",
    "audio/x-wav",
    "image/bmp",
    "image/gif",
    "image/heif",
    "image/jpeg",
    "image/png",
    "image/tiff",
    "image/webp",
    PLAIN,
    "video/mp4",
    "video/quicktime",
    "video/webm",
];

/// The types of pictures that small ones are made of.
pub(crate) const PICTURES: [&str; 4] = ["image/gif", "image/jpeg", "image/png", "image/webp"];

/// Whether a server can be told to take this type.
#[must_use]
pub fn is_known(media_type: &str) -> bool {
    KNOWN_TYPES.contains(&media_type)
}

/// How many bytes of a file's beginning are looked at.
pub(super) const HEAD_BYTES: u64 = 64 * 1024;

/// The type of a file by its first bytes, `is_whole` when there are no others; none when it is not one of
/// [`KNOWN_TYPES`].
pub(super) fn decide(head: &[u8], is_whole: bool) -> Option<&'static str> {
    if head.starts_with(b"%PDF-") {
        return Some("application/pdf");
    }
    let mut text = PlainText::default();
    if text.take(head) && (!is_whole || text.ends_well()) {
        return (!is_markup(head)).then_some(PLAIN);
    }
    let found = infer::get(head)?.mime_type();
    KNOWN_TYPES
        .iter()
        .find(|known| **known == found && has_whole_signature(head, known))
        .copied()
        .filter(|known| *known != PLAIN)
}

/// Some signatures are recognised by their first letters alone, which other files share.
fn has_whole_signature(head: &[u8], media_type: &str) -> bool {
    match media_type {
        "image/gif" => head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a"),
        "image/png" => head.starts_with(b"\x89PNG\r\n\x1a\n"),
        "image/webp" => head.starts_with(b"RIFF"),
        _ => true,
    }
}

/// Whether a text begins like HTML, XML or SVG.
fn is_markup(head: &[u8]) -> bool {
    let bare = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    match bare.trim_ascii_start() {
        [b'<', next, ..] => next.is_ascii_alphabetic() || matches!(next, b'!' | b'?' | b'/'),
        _ => false,
    }
}

/// Looks, piece by piece, whether bytes are UTF-8 without control characters.
#[derive(Debug, Default)]
pub(crate) struct PlainText {
    /// The beginning of a character whose end is in the next piece.
    rest: Vec<u8>,
}

impl PlainText {
    /// Takes the next piece; tells whether all so far is text.
    pub(crate) fn take(&mut self, piece: &[u8]) -> bool {
        let mut joined = std::mem::take(&mut self.rest);
        let bytes = if joined.is_empty() {
            piece
        } else {
            joined.extend_from_slice(piece);
            &joined
        };
        let Some(left) = is_text(bytes) else {
            return false;
        };
        self.rest = bytes[bytes.len() - left..].to_vec();
        true
    }

    /// Whether nothing is missing at the end.
    pub(crate) fn ends_well(&self) -> bool {
        self.rest.is_empty()
    }
}

/// How many bytes at the end begin a character that is not complete; none when the bytes are no text.
fn is_text(bytes: &[u8]) -> Option<usize> {
    let (text, left) = match std::str::from_utf8(bytes) {
        Ok(text) => (text, 0),
        Err(error) if error.error_len().is_none() => {
            let (whole, left) = bytes.split_at(error.valid_up_to());
            (std::str::from_utf8(whole).ok()?, left.len())
        }
        Err(_) => return None,
    };
    let readable = text.chars().all(|character| {
        !character.is_control() || matches!(character, '\t' | '\n' | '\r' | '\u{c}')
    });
    readable.then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_decide() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        for (bytes, expected) in [
            (&b"%PDF-1.7\n%\xe2\xe3"[..], Some("application/pdf")),
            (png, Some("image/png")),
            (b"GIF89a\x01\0\x01\0", Some("image/gif")),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Some("image/jpeg")),
            ("Grüße\r\n".as_bytes(), Some(PLAIN)),
            (b"GIFTS for Ada", Some(PLAIN)),
            (b"<3 thank you", Some(PLAIN)),
            (b"<svg xmlns=\"x\"><script>1</script></svg>", None),
            (b"  <?xml version=\"1.0\"?><svg/>", None),
            (b"\xef\xbb\xbf<!doctype html>", None),
            (b"<html><script>1</script>", None),
            (b"\x7fELF\x02\x01\x01\0", None),
            (b"MZ\x90\0\x03", None),
            (b"a\0b", None),
            (b"\xc3", None),
        ] {
            assert_eq!(decide(bytes, true), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_character_may_be_cut_between_two_pieces_but_not_at_the_end() {
        let text = "aß€😀z".repeat(50);
        for size in 1..9 {
            let mut plain = PlainText::default();
            assert!(
                text.as_bytes().chunks(size).all(|piece| plain.take(piece)),
                "{size}"
            );
            assert!(plain.ends_well());
        }
        let mut cut = PlainText::default();
        assert!(cut.take(b"a\xe2\x82"));
        assert!(!cut.ends_well());
        assert!(!cut.take(b"a"));
        assert!(!PlainText::default().take(b"a\x1b[0m"));
    }
}
