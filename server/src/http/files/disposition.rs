//! `Content-Disposition`: a file is always saved, under a name for old clients and one for all others (RFC 6266).

use std::fmt::Write as _;

/// The header for a file of this name.
pub(super) fn attachment(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|character| match character {
            '"' | '\\' | '%' => '_',
            visible if visible.is_ascii_graphic() || visible == ' ' => visible,
            _ => '_',
        })
        .collect();
    format!(
        "attachment; filename=\"{plain}\"; filename*=UTF-8''{}",
        encoded(name)
    )
}

fn encoded(name: &str) -> String {
    name.bytes()
        .fold(String::with_capacity(name.len()), |mut text, byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_breaks_out_of_nothing() {
        assert_eq!(
            attachment("Über \"uns\".pdf"),
            "attachment; filename=\"_ber _uns_.pdf\"; filename*=UTF-8''%C3%9Cber%20%22uns%22.pdf"
        );
        assert!(!attachment("a\r\nSet-Cookie: b").contains(['\r', '\n']));
    }
}
