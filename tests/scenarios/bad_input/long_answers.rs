//! Answers that would hold more text than one answer may.

use harness::world::{SEND, World};
use harness::{canary, on_both_databases, run};
use serde_json::{Value, json};

/// Thirty messages of the longest kind: 2.4 million bytes of the 8 MiB that an answer may hold.
async fn fill(world: &World) {
    let mark = canary::message("");
    let body = mark.clone() + &"\u{1d54f}".repeat(20_000 - mark.chars().count());
    for _ in 0..30 {
        let input = json!({ "conversationId": world.chat.to_public(), "body": body, "idempotencyKey": run::unique_name() });
        let sent = world.data("Paul", SEND, json!({ "input": input })).await;
        assert_eq!(sent["sendMessage"]["errors"], json!([]));
    }
}

/// A query for the same page of messages several times.
fn pages(times: usize, selection: &str) -> String {
    let pages: String = (0..times)
        .map(|n| format!(" p{n}: messages(first: 100) {{ nodes {{ {selection} }} }}"))
        .collect();
    format!("query ($id: ID!) {{ conversation(id: $id) {{ {pages} }} }}")
}

fn is_too_long(error: &Value) -> bool {
    error["extensions"]
        == json!({ "code": "LIMIT_EXCEEDED", "limit": "answerBytes", "max": 8_388_608 })
}

on_both_databases! {
    async fn an_answer_ends_where_it_would_grow_too_long(world: &World) {
        fill(world).await;
        let chat = || json!({ "id": world.chat.to_public() });
        let page = world.data("Nora", &pages(1, "body"), chat()).await;
        assert_eq!(page["conversation"]["p0"]["nodes"].as_array().unwrap().len(), 30);
        for query in [
            // Read again and again.
            pages(4, "id"),
            // Read once, written again and again.
            pages(1, "a: body b: body c: body d: body"),
        ] {
            let answer = world.ask("Nora", &query, chat()).await;
            assert!(answer.errors.iter().all(is_too_long) && !answer.errors.is_empty(), "{:?}", answer.errors);
        }
        // In a list the messages of several conversations are read together, and count as well.
        let inboxes: String = (0..4)
            .map(|n| format!(" i{n}: inbox(first: 10) {{ nodes {{ messages(first: {}) {{ nodes {{ id }} }} }} }}", 100 - n))
            .collect();
        let one = "{ inbox(first: 10) { nodes { messages(first: 100) { nodes { id } } } } }";
        world.data("Nora", one, json!({})).await;
        let answer = world.ask("Nora", &format!("{{ {inboxes} }}"), json!({})).await;
        assert!(answer.errors.iter().all(is_too_long) && !answer.errors.is_empty(), "{:?}", answer.errors);
    }
}
