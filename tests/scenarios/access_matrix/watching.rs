//! The first answer over a socket.

use harness::world::Node;
use harness::ws::{Opening, Socket};
use serde_json::{Value, json};

use super::operation::Operation;

const TYPE: &str = "mutation ($input: SetTypingInput!) { setTyping(input: $input) { accepted } }";

/// Starts an operation, and gives the data and errors of what comes first. All but one of the subscriptions answer at once to a
/// position that the log has not reached; for that one, a typist types in the chat until something comes.
pub(super) async fn first(
    node: &Node,
    operation: &Operation,
    variables: Value,
    token: Option<&str>,
    (typist, chat): (&str, &str),
) -> (Value, Vec<Value>) {
    let opened = Socket::open(node.app.address, &Opening::default()).await;
    let mut socket = opened.expect("everybody may open a socket");
    socket.init(token).await.expect("everybody may connect");
    let payload = json!({ "query": operation.document, "variables": variables });
    socket
        .send(&json!({ "id": "1", "type": "subscribe", "payload": payload }))
        .await;
    let typing = async {
        loop {
            let input = json!({ "conversationId": chat, "typing": true });
            let answer = node
                .client
                .execute(TYPE, json!({ "input": input }), Some(typist))
                .await;
            answer.into_data();
        }
    };
    let mut message = tokio::select! {
        message = socket.next() => message,
        () = typing, if operation.field == "conversationSignals" => Value::Null,
    };
    let mut payload = message["payload"].take();
    match message["type"].as_str() {
        Some("error") => (Value::Null, payload.as_array().cloned().unwrap_or_default()),
        Some("next") => {
            let errors = payload["errors"].as_array().cloned().unwrap_or_default();
            (payload["data"].take(), errors)
        }
        _ => panic!("the first answer of {} is {message}", operation.field),
    }
}
