use std::sync::atomic::Ordering;

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::toy::{ORIGIN, Toy, soon};
use crate::http::transport::{Limits, router};

const RESPONSE: &str = "application/graphql-response+json";

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or("none")
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

async fn send(toy: &Toy, request: Request<Body>) -> Reply {
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

async fn post(toy: &Toy, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
    let mut request = Request::post("/graphql");
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(toy, request.body(body.into()).unwrap()).await
}

async fn query(toy: &Toy, query: &str) -> Reply {
    let body = json!({ "query": query }).to_string();
    post(toy, &[("accept", RESPONSE)], body).await
}

async fn get(toy: &Toy, parameters: &str) -> Reply {
    let request = Request::get(format!("/graphql?{parameters}"))
        .header(header::ACCEPT, RESPONSE)
        .body(Body::empty());
    send(toy, request.unwrap()).await
}

#[tokio::test]
async fn a_query_is_answered_with_its_media_type() {
    let toy = Toy::start().await;
    let reply = query(&toy, "{ hello }").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.body, json!({ "data": { "hello": "hello" } }));
    assert!(reply.header("content-type").starts_with(RESPONSE));
    assert_eq!(reply.header("cache-control"), "no-store");

    let apollo =
        "multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json";
    let reply = post(
        &toy,
        &[("accept", apollo)],
        r#"{"query":"{hello}","extra":1}"#,
    )
    .await;
    assert!(reply.header("content-type").starts_with(RESPONSE));
    let reply = post(&toy, &[("accept", "text/html")], r#"{"query":"{hello}"}"#).await;
    assert_eq!(
        (reply.status, reply.code()),
        (StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE")
    );
}

#[tokio::test]
async fn the_status_tells_what_was_executed() {
    let toy = Toy::start().await;
    for (text, status, code) in [
        ("{", 400, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", 400, "GRAPHQL_VALIDATION_FAILED"),
        (
            "query($v: Int!) { hello(times: $v) }",
            400,
            "BAD_USER_INPUT",
        ),
        (
            "subscription { numbers(to: 1) }",
            400,
            "SUBSCRIPTION_NEEDS_STREAM",
        ),
        ("{ hello coded }", 200, "NOT_FOUND"),
        ("{ leaky }", 200, "INTERNAL"),
        ("{ panics }", 200, "INTERNAL"),
    ] {
        let reply = query(&toy, text).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code()),
            (status, code),
            "{text}"
        );
        assert_eq!(reply.body.get("data").is_some(), status == 200, "{text}");
        assert!(!reply.body.to_string().contains("secret"));
    }
    let body = json!({ "query": "{ nothing }" }).to_string();
    let reply = post(&toy, &[("accept", "application/json")], body).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.body.get("data").is_none());
}

#[tokio::test]
async fn an_internal_error_tells_a_reference_only() {
    let toy = Toy::start().await;
    for text in ["{ leaky }", "{ panics }"] {
        let reply = query(&toy, text).await;
        let extensions = &reply.body["errors"][0]["extensions"];
        let reference = extensions["reference"].as_str().unwrap();
        assert_eq!(
            reply.body["errors"][0]["message"],
            format!("Internal error, reference {reference}.")
        );
    }
}

#[tokio::test]
async fn a_body_that_is_no_request_is_refused_in_plain_words() {
    let toy = Toy::start().await;
    for body in [
        "",
        "{",
        "nonsense",
        "[]",
        "{}",
        r#"{"query":1}"#,
        r#"{"query":"{hello}","variables":"secret"}"#,
        r#"{"query":"{hello}","variables":["secret"]}"#,
        r#"{"query":"{hello}","operationName":7}"#,
        r#"{"query":"{hello}","extensions":["secret"]}"#,
        r#"[{"query":"{hello}"},"secret"]"#,
    ] {
        let reply = post(&toy, &[], body).await;
        assert_eq!(
            (reply.status, reply.code()),
            (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            "{body}"
        );
        assert!(!reply.body.to_string().contains("secret"));
    }
    let reply = post(&toy, &[], vec![b'{', b'"', 0xff, b'"', b'}']).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let long = format!(r#"{{"query":"{{hello}}","pad":"{}"}}"#, "x".repeat(300_000));
    let reply = post(&toy, &[], long).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        reply.body["errors"][0]["extensions"],
        json!({ "code": "LIMIT_EXCEEDED", "limit": "bodyBytes", "max": 262_144 })
    );
}

#[tokio::test]
async fn foreign_pages_run_nothing() {
    let toy = Toy::start().await;
    let mutation = r#"{"query":"mutation { count }"}"#;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ] {
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
async fn get_is_for_queries_and_honours_the_operation_name() {
    let toy = Toy::start().await;
    let two = "query=query%20A%20%7Bhello%7D%20query%20B(%24n%3AInt!)%20%7Bhello(times%3A%24n)%7D";
    let reply = get(&toy, &format!("{two}&operationName=A")).await;
    assert_eq!(reply.body["data"]["hello"], "hello");
    let reply = get(
        &toy,
        &format!("{two}&operationName=B&variables=%7B%22n%22%3A2%7D"),
    )
    .await;
    assert_eq!(reply.body["data"]["hello"], "hellohello");
    let reply = get(&toy, two).await;
    assert_eq!(reply.code(), "OPERATION_RESOLUTION_FAILURE");
    assert_eq!(get(&toy, "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        get(&toy, "query=%7Bhello%7D&variables=x").await.status,
        StatusCode::BAD_REQUEST
    );

    let request = Request::put("/graphql").body(Body::empty()).unwrap();
    let reply = send(&toy, request).await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(reply.header("allow"), "GET, POST, OPTIONS");
}

#[tokio::test]
async fn a_batch_is_answered_in_order_and_capped() {
    let toy = Toy::start().await;
    let batch = |count: usize| {
        let mut requests = vec![json!({ "query": "mutation { count }" }); count];
        requests.push(json!({ "query": "{ nothing }" }));
        Value::from(requests).to_string()
    };
    let reply = post(&toy, &[], batch(2)).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.body[0]["data"]["count"], 1);
    assert_eq!(reply.body[1]["data"]["count"], 2);
    assert_eq!(
        reply.body[2]["errors"][0]["extensions"]["code"],
        "GRAPHQL_VALIDATION_FAILED"
    );
    let reply = post(&toy, &[], batch(10)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.body["errors"][0]["extensions"]["limit"], "batch");
    assert_eq!(toy.shared.resolved.load(Ordering::SeqCst), 2);
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

#[tokio::test]
async fn a_mutation_outlives_its_client() {
    let toy = Toy::start().await;
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(r#"{"query":"mutation { countLater }"}"#))
        .unwrap();
    let mut response = Box::pin(router(toy.transport.clone()).oneshot(request));
    soon("the start of the mutation", async {
        while toy.transport.inner.tasks.is_empty() {
            assert!(futures_util::FutureExt::now_or_never(&mut response).is_none());
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(response);
    toy.shared.gate.notify_one();
    soon("the end of the mutation", toy.transport.drain()).await;
    assert_eq!(toy.shared.resolved.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_request_id_comes_back() {
    let toy = Toy::start().await;
    let body = r#"{"query":"{ hello }"}"#;
    let reply = post(&toy, &[("x-request-id", "trace-7")], body).await;
    assert_eq!(reply.header("x-request-id"), "trace-7");
    assert_eq!(post(&toy, &[], body).await.header("x-request-id").len(), 36);
}
