//! A look at a document's tokens before the parser, whose recursion and memory grow with them; and at texts, for the one
//! character that no database takes.

use async_graphql::Value;

use super::{
    limits::{Limit, Limits},
    refusal::Refusal,
};

/// Whether any text of a value holds U+0000. PostgreSQL does not take it: a statement with it would fail in the middle of a
/// transaction, and undo what was counted there.
pub(super) fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::List(items) => items.iter().any(holds_nul),
        Value::Object(members) => members.values().any(holds_nul),
        Value::Null | Value::Number(_) | Value::Boolean(_) | Value::Binary(_) | Value::Enum(_) => {
            false
        }
    }
}

/// Refuses a document with too many bytes, tokens or open brackets, or with U+0000 in one of its texts.
pub(super) fn check(query: &str, limits: &Limits) -> Result<(), Refusal> {
    limits.check(Limit::QueryBytes, query.len())?;
    if query.contains('\0') {
        return Err(Refusal::NulCharacter);
    }
    let mut rest = query.as_bytes();
    let mut tokens = 0;
    let mut open = 0_usize;
    while let Some((&byte, after)) = rest.split_first() {
        let length = match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                rest = after;
                continue;
            }
            b'#' => {
                rest = skip_while(rest, |byte| byte != b'\n' && byte != b'\r');
                continue;
            }
            b'"' => string_length(rest)?,
            b'{' | b'[' | b'(' => {
                open += 1;
                limits.check(Limit::Nesting, open)?;
                1
            }
            b'}' | b']' | b')' => {
                open = open.saturating_sub(1);
                1
            }
            byte if is_word(byte) => rest.len() - skip_while(rest, is_word).len(),
            _ => 1,
        };
        tokens += 1;
        limits.check(Limit::Tokens, tokens)?;
        rest = &rest[length..];
    }
    Ok(())
}

/// Names and numbers; bytes beyond ASCII are at most a stray mark that the parser refuses.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+') || !byte.is_ascii()
}

fn skip_while(bytes: &[u8], keep: impl Fn(u8) -> bool) -> &[u8] {
    let end = bytes
        .iter()
        .position(|&byte| !keep(byte))
        .unwrap_or(bytes.len());
    &bytes[end..]
}

/// The length of the string or block string at the beginning of `bytes`, up to the end of the
/// document where it is not closed. Block strings know no escapes.
fn string_length(bytes: &[u8]) -> Result<usize, Refusal> {
    if bytes.starts_with(b"\"\"\"") {
        return Ok(block_string_length(bytes));
    }
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return Ok(at + 1),
            b'\n' | b'\r' => return Ok(at),
            b'\\' if bytes[at + 1..].starts_with(b"u0000") => return Err(Refusal::NulCharacter),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    Ok(bytes.len())
}

fn block_string_length(bytes: &[u8]) -> usize {
    let mut at = 3;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"\\\"\"\"") {
            at += 4;
        } else if bytes[at..].starts_with(b"\"\"\"") {
            return at + 3;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            tokens: 8,
            nesting: 3,
            ..Limits::default()
        }
    }

    #[test]
    fn counts_names_numbers_strings_and_marks_as_one_token_each() {
        assert!(matches!(
            check("{ first: a(b: -1.5e3) }", &limits()),
            Err(Refusal::Limit(exceeded)) if exceeded.limit == Limit::Tokens
        ));
        assert_eq!(check("{ a(b: 12) }", &limits()), Ok(()));
        assert_eq!(check(r#"{ a(b: "x y \" } { [ z") }"#, &limits()), Ok(()));
        assert_eq!(
            check("{ a(b: \"\"\"{{{{ \\\"\"\" [[[\"\"\") }", &limits()),
            Ok(())
        );
        assert_eq!(
            check("# {{{{ [[[[ a b c d e f g h\n{ a }", &limits()),
            Ok(())
        );
    }

    #[test]
    fn refuses_deep_brackets_of_any_kind() {
        assert_eq!(
            check("{ a(b: [[1]]) }", &limits()),
            Err(Refusal::Limit(limits().exceeded(Limit::Nesting)))
        );
        assert_eq!(check("{a} {a}", &limits()), Ok(()));
    }

    #[test]
    fn finds_the_character_that_cannot_be_stored() {
        for query in [
            r#"{ a(b: "x\u0000") }"#,
            r#"{ a(b: "\\\u0000") }"#,
            "{ a(b: \"\0\") }",
            "{ a(b: \"\"\"\0\"\"\") }",
        ] {
            assert_eq!(
                check(query, &limits()),
                Err(Refusal::NulCharacter),
                "{query}"
            );
        }
        for query in [
            r#"{ a(b: "\\u0000") }"#,
            r#"{ a(b: "\u0001") }"#,
            r#"{ a(b: """\u0000""") }"#,
        ] {
            assert_eq!(check(query, &limits()), Ok(()), "{query}");
        }
        let value = |json| Value::from_json(json).unwrap();
        assert!(holds_nul(&value(
            serde_json::json!({ "a": ["b", { "c": "\0" }] })
        )));
        assert!(!holds_nul(&value(
            serde_json::json!({ "a": ["b", 0, null, true] })
        )));
    }

    #[test]
    fn survives_what_is_not_closed() {
        for query in ["\"", "\"\\", "\"\"\"", "\"\"\"\\", "}", "é", "{ a(b: \"x\n"] {
            assert_eq!(check(query, &limits()), Ok(()), "{query}");
        }
    }
}
