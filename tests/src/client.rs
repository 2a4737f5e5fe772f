//! GraphQL over HTTP, as a client program speaks it.

use reqwest::header::{ACCEPT, HeaderMap};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::patience::PATIENCE;

/// Sends operations to one server. It belongs to the runtime it was made in.
#[derive(Clone, Debug)]
pub struct GraphqlClient {
    http: Client,
    base: String,
}

impl GraphqlClient {
    /// A client of the server at `base`, for example `http://127.0.0.1:4000`.
    pub fn new(base: impl Into<String>) -> Self {
        let http = Client::builder()
            .timeout(PATIENCE * 3)
            .build()
            .expect("a plain HTTP client can be built");
        Self {
            http,
            base: base.into(),
        }
    }

    /// The client beneath, for requests that are not GraphQL.
    pub fn http(&self) -> &Client {
        &self.http
    }

    /// The address of a path on the server.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Runs one operation. `None` as token asks as nobody.
    pub async fn execute(&self, query: &str, variables: Value, token: Option<&str>) -> Answer {
        self.try_execute(query, variables, token)
            .await
            .unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// Runs one operation on a server that may be gone.
    ///
    /// # Errors
    ///
    /// When no whole answer arrived; whether the operation ran is then unknown.
    pub async fn try_execute(
        &self,
        query: &str,
        variables: Value,
        token: Option<&str>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self
            .http
            .post(self.url("/graphql"))
            .header(ACCEPT, "application/graphql-response+json")
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await?;
        Ok(Answer::new(status, headers, &body))
    }
}

/// What came back for one operation.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The HTTP headers.
    pub headers: HeaderMap,
    /// `data`, or null.
    pub data: Value,
    /// `errors`, or none.
    pub errors: Vec<Value>,
}

impl Answer {
    fn new(status: StatusCode, headers: HeaderMap, body: &str) -> Self {
        let mut parsed: Value = serde_json::from_str(body).unwrap_or_else(|error| {
            panic!("{status} with a body that is no JSON ({error}): {body}")
        });
        let errors = serde_json::from_value(parsed["errors"].take());
        let errors: Option<Vec<Value>> =
            errors.unwrap_or_else(|error| panic!("`errors` is no list: {error}"));
        Self {
            status,
            headers,
            data: parsed["data"].take(),
            errors: errors.unwrap_or_default(),
        }
    }

    /// The data of an operation that was to succeed.
    pub fn into_data(self) -> Value {
        assert!(
            self.errors.is_empty(),
            "{} with errors: {}",
            self.status,
            Value::from(self.errors)
        );
        self.data
    }

    /// One root field of an operation that was to succeed.
    pub fn field(self, name: &str) -> Value {
        let mut data = self.into_data();
        let field = data
            .get_mut(name)
            .unwrap_or_else(|| panic!("the answer has no `{name}`"));
        field.take()
    }

    /// The `extensions.code` of each error.
    pub fn codes(&self) -> Vec<&str> {
        self.errors
            .iter()
            .map(|error| error["extensions"]["code"].as_str().unwrap_or("(no code)"))
            .collect()
    }
}
