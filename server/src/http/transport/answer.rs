//! What an operation answers, in the shape that goes out.

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::refusal::Refusal;
use crate::domain::entropy::Entropy;

/// A response whose errors all carry a code.
#[derive(Debug)]
pub(super) struct Answer {
    response: Response,
    executed: bool,
}

/// What the finishing of a response needs to know.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a> {
    pub(super) request_id: &'a str,
    pub(super) entropy: &'a Entropy,
    pub(super) suggestions: bool,
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
        Self { response, executed }
    }

    /// The answer to a request that is not executed.
    pub(super) fn refused(refusal: &Refusal) -> Self {
        Self {
            response: Response::from_errors(vec![refusal.to_error()]),
            executed: false,
        }
    }

    /// The answer where the server itself failed; `reference` finds the entry in the log.
    pub(super) fn internal(reference: &str) -> Self {
        Self {
            response: Response::from_errors(vec![internal_error(reference)]),
            executed: true,
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
        if self.executed {
            map.serialize_entry("data", &self.response.data)?;
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
    strip_value(&mut error.message);
    if !executed {
        set_code(error, "GRAPHQL_VALIDATION_FAILED");
        if !finish.suggestions {
            strip_suggestion(&mut error.message);
        }
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

/// The library repeats a value that it refuses, which can hold anything.
fn strip_value(message: &mut String) {
    for (before_value, kept) in [
        ("does not contain the value ", "does not contain the value"),
        (", found ", ""),
    ] {
        if let Some(at) = message.find(before_value) {
            message.truncate(at + kept.len());
            message.push('.');
        }
    }
}

/// Validation appends the names that the schema does have to the name that it does not.
fn strip_suggestion(message: &mut String) {
    if let Some(at) = message.find(" Did you mean") {
        message.truncate(at);
    }
}
