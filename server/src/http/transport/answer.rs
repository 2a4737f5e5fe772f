//! What an operation answers, in the shape that goes out.

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};
use std::sync::Arc;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;

use super::{
    bounded,
    limits::{Limit, Limits},
    refusal::Refusal,
    vocabulary::Vocabulary,
};
use crate::domain::entropy::Entropy;

/// A response whose errors all carry a code.
#[derive(Debug)]
pub(super) struct Answer {
    response: Response,
    /// In place of the response's data, where that was rendered already.
    rendered: Option<Arc<RawValue>>,
    executed: bool,
}

/// What the finishing of a response needs to know.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a> {
    pub(super) request_id: &'a str,
    pub(super) entropy: &'a Entropy,
    /// What errors may name; nothing where clients may not ask for the schema.
    pub(super) vocabulary: Option<&'a Vocabulary>,
}

impl Finish<'_> {
    /// A number that ties an answer to a line of the log.
    pub(super) fn reference(self) -> String {
        format!("{:016x}", u64::from_be_bytes(self.entropy.bytes()))
    }
}

impl Answer {
    /// Gives each error a code and takes out of it what clients are not to read.
    pub(super) fn from_response(mut response: Response, finish: Finish<'_>) -> Self {
        // The executor gives a path to whatever a resolver answers, and none to what it refuses
        // before it calls one.
        let executed = response.errors.is_empty()
            || response.data != Value::Null
            || response.errors.iter().any(|error| !error.path.is_empty());
        for error in &mut response.errors {
            complete(error, executed, finish);
        }
        Self {
            response,
            rendered: None,
            executed,
        }
    }

    /// The data of an event as others were given it.
    pub(super) fn rendered(data: Arc<RawValue>) -> Self {
        Self {
            response: Response::default(),
            rendered: Some(data),
            executed: true,
        }
    }

    /// How long the data is that was rendered already.
    pub(super) fn rendered_bytes(&self) -> usize {
        self.rendered.as_ref().map_or(0, |data| data.get().len())
    }

    /// The answer to a request that is not executed.
    pub(super) fn refused(refusal: &Refusal) -> Self {
        Self {
            response: Response::from_errors(vec![refusal.to_error()]),
            rendered: None,
            executed: false,
        }
    }

    /// The answer where the server itself failed; `reference` finds the entry in the log.
    pub(super) fn internal(reference: &str) -> Self {
        Self {
            response: Response::from_errors(vec![internal_error(reference)]),
            rendered: None,
            executed: true,
        }
    }

    /// The answer in place of one that is too long. The operation was executed all the same.
    fn too_long(limits: &Limits) -> Self {
        let refusal = Refusal::Limit(limits.exceeded(Limit::AnswerBytes));
        Self {
            executed: true,
            ..Self::refused(&refusal)
        }
    }

    /// Writes with `write`, which is to fail once there are more bytes than it is given; then what says so is written
    /// instead.
    pub(super) fn write<T>(
        &self,
        limits: &Limits,
        room: usize,
        mut write: impl FnMut(&Self, usize) -> serde_json::Result<T>,
    ) -> serde_json::Result<T> {
        match write(self, room) {
            Err(error) if bounded::is_too_long(&error) => {
                write(&Self::too_long(limits), usize::MAX)
            }
            written => written,
        }
    }

    /// Whether the operation was executed, as opposed to refused.
    pub(super) fn is_executed(&self) -> bool {
        self.executed
    }

    /// Whether the server could not do now, in whole or in part, what it may be able to do later.
    pub(super) fn is_unavailable(&self) -> bool {
        let unavailable = Value::from("UNAVAILABLE");
        self.response.errors.iter().any(|error| {
            let extensions = error.extensions.as_ref();
            extensions.and_then(|e| e.get("code")) == Some(&unavailable)
        })
    }

    pub(super) fn errors(&self) -> &[ServerError] {
        &self.response.errors
    }

    /// Headers that resolvers have set.
    pub(super) fn take_http_headers(&mut self) -> axum::http::HeaderMap {
        std::mem::take(&mut self.response.http_headers)
    }

    /// The label of the outcome in metrics.
    pub(super) fn outcome(&self) -> &'static str {
        match (self.executed, self.response.errors.is_empty()) {
            (false, _) => "refused",
            (true, false) => "error",
            (true, true) => "ok",
        }
    }
}

/// Errors first, and no `data` at all where nothing was executed.
impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.response.errors.is_empty() {
            map.serialize_entry("errors", &self.response.errors)?;
        }
        match &self.rendered {
            Some(rendered) => map.serialize_entry("data", rendered.as_ref())?,
            None if self.executed => map.serialize_entry("data", &self.response.data)?,
            None => {}
        }
        if !self.response.extensions.is_empty() {
            map.serialize_entry("extensions", &self.response.extensions)?;
        }
        map.end()
    }
}

fn complete(error: &mut ServerError, executed: bool, finish: Finish<'_>) {
    let has_code = error
        .extensions
        .as_ref()
        .is_some_and(|extensions| extensions.get("code").is_some());
    if has_code {
        return;
    }
    if !executed {
        error.message = quiet(&error.message, finish.vocabulary);
        set_code(error, "GRAPHQL_VALIDATION_FAILED");
    } else if error.source.is_some() {
        // The text of an error that some library made can hold anything.
        let reference = finish.reference();
        tracing::error!(
            error.reference = reference,
            request.id = finish.request_id,
            "a resolver failed without a code"
        );
        let internal = internal_error(&reference);
        error.message = internal.message;
        error.extensions = internal.extensions;
    } else {
        // What is left is an argument that its type refused.
        error.message = quiet(&error.message, finish.vocabulary);
        set_code(error, "BAD_USER_INPUT");
    }
}

fn internal_error(reference: &str) -> ServerError {
    let mut error = ServerError::new("The server failed.", None);
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", "INTERNAL");
    extensions.set("reference", reference);
    error.extensions = Some(extensions);
    error
}

fn set_code(error: &mut ServerError, code: &str) {
    error.extensions.get_or_insert_default().set("code", code);
}

/// The library's text without what the client wrote: it repeats values, which can hold anything, and whatever names it
/// does not know. Without a vocabulary it keeps no name at all, nor its suggestions.
fn quiet(message: &str, vocabulary: Option<&Vocabulary>) -> String {
    let mut kept = message;
    let mut cut = false;
    for (before_value, stays) in [
        ("does not contain the value ", "does not contain the value"),
        (", found ", ""),
    ] {
        if let Some(at) = kept.find(before_value) {
            kept = &kept[..at + stays.len()];
            cut = true;
        }
    }
    if vocabulary.is_none()
        && let Some(at) = kept.find(" Did you mean")
    {
        kept = &kept[..at];
    }
    let mut text = String::with_capacity(kept.len());
    for (number, piece) in kept.split('"').enumerate() {
        let is_quoted = number % 2 == 1;
        if !is_quoted {
            text.push_str(piece);
        } else if vocabulary.is_some_and(|vocabulary| vocabulary.knows(piece)) {
            text.extend(["\"", piece, "\""]);
        } else {
            text.push('…');
        }
    }
    if cut {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_schema_and_nothing_that_was_sent() {
        let schema = "type Query { hello(input: In): String } input In { name: [String!] kind: Kind } enum Kind { A }";
        let vocabulary = Vocabulary::read(schema).unwrap();
        for (said, told, told_nothing) in [
            (
                r#"Unknown field "secret" on type "Query". Did you mean "hello"?"#,
                r#"Unknown field … on type "Query". Did you mean "hello"?"#,
                "Unknown field … on type ….",
            ),
            (
                r#"Invalid value for argument "input.name", expected type "[String!]""#,
                r#"Invalid value for argument "input.name", expected type "[String!]""#,
                "Invalid value for argument …, expected type …",
            ),
            (
                r#"enumeration type "Kind" does not contain the value "sec"ret""#,
                r#"enumeration type "Kind" does not contain the value."#,
                "enumeration type … does not contain the value.",
            ),
            (
                r#"Failed to parse "Kind": expected type "A", found {"a": "secret"}"#,
                r#"Failed to parse "Kind": expected type "A"."#,
                "Failed to parse …: expected type ….",
            ),
            (
                r#"Variable "$secret" is not used by operation "secret""#,
                "Variable … is not used by operation …",
                "Variable … is not used by operation …",
            ),
        ] {
            assert_eq!(quiet(said, Some(&vocabulary)), told);
            assert_eq!(quiet(said, None), told_nothing);
        }
    }
}
