use std::{sync::atomic::Ordering, time::Duration};

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::toy::{Toy, soon, until};
use crate::http::transport::router;

pub(super) async fn open(toy: &Toy, query: &str, token: Option<&str>) -> Response<Body> {
    let mut request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "text/event-stream");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let body = serde_json::json!({ "query": query }).to_string();
    let request = request.body(Body::from(body)).unwrap();
    soon("a response", router(toy.transport.clone()).oneshot(request))
        .await
        .unwrap()
}

pub(super) async fn rest(response: Response<Body>) -> String {
    let body = soon("the end of the stream", response.into_body().collect()).await;
    String::from_utf8(body.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn an_operation_is_streamed_to_its_end() {
    let toy = Toy::start().await;
    let response = open(&toy, "subscription { numbers(to: 2) }", None).await;
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert_eq!(
        rest(response).await,
        "event: next\ndata: {\"data\":{\"numbers\":1}}\n\n\
         event: next\ndata: {\"data\":{\"numbers\":2}}\n\n\
         event: complete\ndata:\n\n"
    );
    let response = open(&toy, "mutation { count }", None).await;
    assert_eq!(
        rest(response).await,
        "event: next\ndata: {\"data\":{\"count\":1}}\n\nevent: complete\ndata:\n\n"
    );
}

#[tokio::test]
async fn refusals_are_events_too() {
    let toy = Toy::start().await;
    for query in [
        "{",
        "{ nothing }",
        "subscription { forbidden }",
        "{ a: hello b: hello c(: }",
    ] {
        let response = open(&toy, query, None).await;
        assert_eq!(response.status(), StatusCode::OK);
        let events = rest(response).await;
        assert!(
            events.starts_with("event: next\ndata: {\"errors\":[{"),
            "{events}"
        );
        assert!(events.ends_with("event: complete\ndata:\n\n"), "{events}");
    }
    let response = open(&toy, "{ hello }", Some("wrong")).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_mutation_is_not_run_by_get() {
    let toy = Toy::start().await;
    let request = Request::get("/graphql?query=mutation%7Bcount%7D")
        .header(header::ACCEPT, "text/event-stream")
        .body(Body::empty())
        .unwrap();
    let response = router(toy.transport.clone())
        .oneshot(request)
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(toy.shared.resolved.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_stream_ends_with_the_session_without_completing() {
    let mut settings = Toy::settings();
    settings.timings.keep_alive = Duration::from_millis(5);
    let toy = Toy::with(settings).await;
    for end in [(|toy: &Toy| toy.advance(61)) as fn(&Toy), |toy| {
        toy.revoked.cancel()
    }] {
        let response = open(&toy, "subscription { silence }", Some("ann")).await;
        end(&toy);
        let events = rest(response).await;
        assert!(!events.contains("event:"), "{events}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_operation() {
    let toy = Toy::start().await;
    let response = open(&toy, "subscription { silence }", None).await;
    until("the operation", || {
        toy.shared.opened_feeds.load(Ordering::SeqCst) == 1
    })
    .await;
    drop(response);
    until("the end of the operation", || {
        toy.shared.dropped_feeds.load(Ordering::SeqCst) == 1
    })
    .await;
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_few_events() {
    let toy = Toy::start().await;
    let response = open(&toy, "subscription { flood }", None).await;
    until("the first events", || {
        toy.shared.resolved.load(Ordering::SeqCst) > 8
    })
    .await;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert!(toy.shared.resolved.load(Ordering::SeqCst) < 20);
    drop(response);
    soon("draining", toy.transport.drain()).await;
}

#[tokio::test]
async fn streams_count_as_connections() {
    let mut settings = Toy::settings();
    settings.limits.connections_per_person = 1;
    let toy = Toy::with(settings).await;
    let first = open(&toy, "subscription { silence }", Some("ann")).await;
    let second = open(&toy, "subscription { silence }", Some("ann")).await;
    assert_eq!(second.status(), StatusCode::TOO_MANY_REQUESTS);
    drop(first);
    until("the end of the first", || {
        toy.transport.inner.tasks.is_empty()
    })
    .await;
    let third = open(&toy, "subscription { silence }", Some("ann")).await;
    assert_eq!(third.status(), StatusCode::OK);
}
