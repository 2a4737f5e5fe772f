use std::sync::atomic::Ordering;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::{Value, json};

use super::{
    exchange::{get, post, query, send},
    toy::{ORIGIN, Toy},
};
use crate::http::transport::Limits;

#[tokio::test]
async fn foreign_pages_run_nothing() {
    let toy = Toy::start().await;
    let mutation = r#"{"query":"mutation { count }"}"#;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let reply = post(&toy, &[("content-type", content_type)], mutation).await;
        assert_eq!(
            reply.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{content_type}"
        );
    }
    for origin in ["https://evil.example", "null", "http://clinic.example"] {
        let reply = post(&toy, &[("origin", origin)], mutation).await;
        assert_eq!(
            (reply.status, reply.code()),
            (StatusCode::FORBIDDEN, "ORIGIN_NOT_ALLOWED")
        );
        assert_eq!(reply.header("access-control-allow-origin"), "");
    }
    let reply = get(&toy, "query=mutation%20%7B%20count%20%7D").await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(toy.shared.resolved.load(Ordering::SeqCst), 0);

    let reply = post(&toy, &[("origin", ORIGIN)], mutation).await;
    assert_eq!(reply.body["data"]["count"], 1);
    assert_eq!(reply.header("access-control-allow-origin"), ORIGIN);
    assert!(post(&toy, &[], mutation).await.status.is_success());
}

#[tokio::test]
async fn a_preflight_is_granted_to_known_origins() {
    let toy = Toy::start().await;
    let preflight = |origin: &str| {
        Request::builder()
            .method(Method::OPTIONS)
            .uri("/graphql")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .body(Body::empty())
            .unwrap()
    };
    let reply = send(&toy, preflight(ORIGIN)).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(reply.header("access-control-allow-origin"), ORIGIN);
    assert!(
        reply
            .header("access-control-allow-headers")
            .contains("authorization")
    );
    let reply = send(&toy, preflight("https://evil.example")).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_token_decides_who_asks() {
    let toy = Toy::start().await;
    let body = r#"{"query":"{ viewer }"}"#;
    let reply = post(&toy, &[("authorization", "Bearer ann")], body).await;
    assert_eq!(reply.body["data"]["viewer"], "ann");
    assert_eq!(
        post(&toy, &[], body).await.body["data"]["viewer"],
        Value::Null
    );
    for (token, status, code) in [
        ("Bearer wrong", 401, "UNAUTHENTICATED"),
        ("Bearer expired", 401, "UNAUTHENTICATED"),
        ("Basic abc", 401, "UNAUTHENTICATED"),
        ("Bearer down", 503, "UNAVAILABLE"),
    ] {
        let reply = post(&toy, &[("authorization", token)], body).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (status, code));
    }
}

#[tokio::test]
async fn without_introspection_there_are_no_suggestions() {
    let mut settings = Toy::settings();
    settings.introspection = false;
    let toy = Toy::with(settings).await;
    let reply = query(&toy, "{ helo }").await;
    assert_eq!(reply.code(), "GRAPHQL_VALIDATION_FAILED");
    assert!(!reply.body.to_string().contains("Did you mean"));
    assert_eq!(
        query(&toy, "{ __schema { types { name } } }").await.code(),
        "INTROSPECTION_DISABLED"
    );
    assert_eq!(
        query(&toy, "{ __typename }").await.body["data"]["__typename"],
        "Query"
    );
    let toy = Toy::start().await;
    assert!(
        query(&toy, "{ helo }")
            .await
            .body
            .to_string()
            .contains("Did you mean")
    );
}

#[tokio::test]
async fn no_error_repeats_what_was_sent() {
    let mut settings = Toy::settings();
    settings.introspection = false;
    for toy in [Toy::start().await, Toy::with(settings).await] {
        for text in [
            "{ secret }",
            "{ hello(secret: 1) }",
            "{ hello(times: \"secret\") }",
            "{ hello @secret }",
            "{ ...secret }",
            "{ hello { secret } }",
            "{ hello } fragment secret on Query { hello }",
            "{ ...f } fragment f on Secret { secret }",
            "query secret($secret: Int) { hello }",
            "query($secret: Secret) { hello(times: $secret) }",
            "query($secret: Int!) { hello(times: $secret) }",
            "query($times: String) { hello(times: $times) }",
            "{ hello(times: $secret) }",
            "{ secret: hello secret: viewer }",
        ] {
            let reply = query(&toy, text).await;
            let errors = reply.body["errors"].to_string();
            assert_ne!(reply.code(), "none", "{text}");
            assert!(!errors.to_lowercase().contains("secret"), "{errors}");
        }
    }
    let reply = query(&Toy::start().await, "{ hello(times: \"secret\") }").await;
    assert_eq!(
        reply.body["errors"][0]["message"],
        "Invalid value for argument \"times\", expected type \"Int\""
    );
}

#[tokio::test]
async fn a_limit_is_named_and_the_query_is_not_repeated() {
    let mut settings = Toy::settings();
    settings.limits = Limits {
        aliases: 1,
        ..Limits::default()
    };
    let toy = Toy::with(settings).await;
    let reply = query(&toy, "{ secret1: hello secret2: hello }").await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        reply.body["errors"],
        json!([{
            "message": "The limit aliases of 1 is exceeded.",
            "extensions": { "code": "LIMIT_EXCEEDED", "limit": "aliases", "max": 1 },
        }])
    );
}
