use std::sync::atomic::Ordering;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{
    exchange::{RESPONSE, get, post, query, send},
    toy::{Toy, soon},
};
use crate::http::transport::router;

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
        assert_eq!(reference.len(), 16);
        assert_eq!(reply.body["errors"][0]["message"], "The server failed.");
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
    let long = format!(
        r#"{{"query":"{{hello}}","pad":"{}"}}"#,
        "x".repeat(1_100_000)
    );
    let reply = post(&toy, &[], long).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        reply.body["errors"][0]["extensions"],
        json!({ "code": "LIMIT_EXCEEDED", "limit": "bodyBytes", "max": 1_048_576 })
    );
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
