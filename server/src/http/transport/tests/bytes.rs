//! How long answers may be, by whichever way they leave.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    event_stream::{open, rest},
    exchange::{post, query},
    socket::Client,
    toy::Toy,
};

#[tokio::test]
async fn an_answer_has_so_many_bytes() {
    let mut settings = Toy::settings();
    settings.limits.answer_bytes = 1000;
    let toy = Toy::with(settings).await;
    let too_long = json!({ "code": "LIMIT_EXCEEDED", "limit": "answerBytes", "max": 1000 });
    assert!(query(&toy, "{ hello(times: 100) }").await.body["data"]["hello"].is_string());
    let reply = query(&toy, "{ hello(times: 300) }").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.body["errors"][0]["extensions"], too_long);
    assert_eq!(reply.body["data"], Value::Null);

    // The answers of a batch share the bytes; each operation was run.
    let batch = json!([
        { "query": "{ hello(times: 100) }" },
        { "query": "{ hello(times: 150) }" },
        { "query": "mutation { count }" },
    ]);
    let reply = post(&toy, &[], batch.to_string()).await;
    assert!(reply.body[0]["data"]["hello"].is_string());
    assert_eq!(reply.body[1]["errors"][0]["extensions"], too_long);
    assert_eq!(reply.body[2]["data"]["count"], 1);
}

#[tokio::test]
async fn each_event_has_so_many_bytes() {
    let mut settings = Toy::settings();
    settings.limits.answer_bytes = 500;
    let toy = Toy::with(settings).await;
    let events = rest(open(&toy, "{ hello(times: 200) }", None).await).await;
    assert!(
        events.contains(r#""limit":"answerBytes","max":500"#),
        "{events}"
    );
    assert!(events.ends_with("event: complete\ndata:\n\n"), "{events}");
}

#[tokio::test]
async fn a_result_has_so_many_bytes() {
    let mut settings = Toy::settings();
    settings.limits.answer_bytes = 500;
    let toy = Toy::with(settings).await;
    let mut client = Client::ready(&toy, None).await;
    client.subscribe("flood", "subscription { flood }").await;
    for _ in 0..2 {
        let message = client.receive().await;
        assert_eq!(
            message["payload"]["errors"][0]["extensions"],
            json!({ "code": "LIMIT_EXCEEDED", "limit": "answerBytes", "max": 500 })
        );
    }
}

#[tokio::test]
async fn each_result_has_a_budget_of_its_own() {
    let mut settings = Toy::settings();
    settings.limits.answer_bytes = 500;
    let toy = Toy::with(settings).await;
    let mut client = Client::ready(&toy, None).await;
    client
        .subscribe("g", "subscription { greedy { reads(bytes: 400) } }")
        .await;
    for _ in 0..3 {
        let message = client.receive().await;
        assert_eq!(message["payload"]["data"]["greedy"]["reads"], 400);
    }
    assert_eq!(client.receive().await["type"], "complete");
    client
        .subscribe(
            "g",
            "subscription { greedy { a: reads(bytes: 400) b: reads(bytes: 400) } }",
        )
        .await;
    assert!(client.receive().await["payload"]["errors"].is_array());
}
