//! The parameters of a GraphQL request, as they arrive.

use std::collections::BTreeMap;

use async_graphql::Variables;
use axum::{extract::Query, http::Uri};
use serde::{Deserialize, de::IgnoredAny};

use super::{
    limits::{Limit, Limits},
    refusal::Refusal,
};

/// One request for one operation.
#[derive(Debug)]
pub(super) struct Params {
    pub(super) query: String,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Variables,
}

/// What a POST body holds.
#[derive(Debug)]
pub(super) enum Body {
    One(Params),
    Batch(Vec<Params>),
}

/// The members that are read; a null counts as absent and others are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<Variables>,
    extensions: Option<BTreeMap<String, IgnoredAny>>,
}

impl Members {
    fn into_params(self) -> Result<Params, Refusal> {
        drop(self.extensions);
        Ok(Params {
            query: self.query.ok_or(Refusal::MissingQuery)?,
            operation_name: self.operation_name.filter(|name| !name.is_empty()),
            variables: self.variables.unwrap_or_default(),
        })
    }
}

impl Params {
    /// Reads the JSON object of one request.
    pub(super) fn from_json(json: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice::<Members>(json)
            .map_err(|error| refusal(&error))?
            .into_params()
    }

    /// Reads a JSON object that is parsed already.
    pub(super) fn from_value(json: serde_json::Value) -> Result<Self, Refusal> {
        serde_json::from_value::<Members>(json)
            .map_err(|_| Refusal::MalformedRequest)?
            .into_params()
    }

    /// Reads the query string of a GET.
    pub(super) fn from_query_string(uri: &Uri) -> Result<Self, Refusal> {
        let mut members = Members {
            query: None,
            operation_name: None,
            variables: None,
            extensions: None,
        };
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Refusal::MalformedRequest)?;
        for (name, value) in pairs {
            match name.as_str() {
                "query" => members.query = Some(value),
                "operationName" => members.operation_name = Some(value),
                "variables" => members.variables = from_parameter(&value)?,
                "extensions" => members.extensions = from_parameter(&value)?,
                _ => {}
            }
        }
        members.into_params()
    }
}

impl Body {
    /// Reads one request or a batch.
    pub(super) fn from_json(json: &[u8], limits: &Limits) -> Result<Self, Refusal> {
        if json.trim_ascii_start().first() != Some(&b'[') {
            return Params::from_json(json).map(Self::One);
        }
        let batch: Vec<Members> = serde_json::from_slice(json).map_err(|error| refusal(&error))?;
        if batch.is_empty() {
            return Err(Refusal::EmptyBatch);
        }
        limits.check(Limit::Batch, batch.len())?;
        batch
            .into_iter()
            .map(Members::into_params)
            .collect::<Result<_, _>>()
            .map(Self::Batch)
    }
}

fn from_parameter<T: for<'de> Deserialize<'de>>(json: &str) -> Result<Option<T>, Refusal> {
    if json.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(json).map_err(|error| refusal(&error))
}

/// The parser's own text repeats values, which a client's log should not get back.
fn refusal(error: &serde_json::Error) -> Refusal {
    if error.is_data() {
        Refusal::MalformedRequest
    } else {
        Refusal::MalformedJson
    }
}
