//! A client for single HTTP requests.

use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::toy::{Toy, soon};
use crate::http::transport::router;

pub(super) const RESPONSE: &str = "application/graphql-response+json";

pub(super) struct Reply {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    pub(super) body: Value,
}

impl Reply {
    pub(super) fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or("none")
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

pub(super) async fn send(toy: &Toy, request: Request<Body>) -> Reply {
    let response = soon("an answer", router(toy.transport.clone()).oneshot(request))
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Reply {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    }
}

pub(super) async fn post(toy: &Toy, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
    let mut request = Request::post("/graphql");
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(toy, request.body(body.into()).unwrap()).await
}

pub(super) async fn query(toy: &Toy, query: &str) -> Reply {
    let body = json!({ "query": query }).to_string();
    post(toy, &[("accept", RESPONSE)], body).await
}

pub(super) async fn get(toy: &Toy, parameters: &str) -> Reply {
    let request = Request::get(format!("/graphql?{parameters}"))
        .header(header::ACCEPT, RESPONSE)
        .body(Body::empty());
    send(toy, request.unwrap()).await
}
