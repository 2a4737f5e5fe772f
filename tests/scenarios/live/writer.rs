//! Clients that write, and try again until they know that what they wrote is stored.

use std::time::Duration;

use entity::ConversationId;
use futures_util::future::join_all;
use harness::client::GraphqlClient;
use harness::patience::{PATIENCE, until};
use harness::{canary, run};
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

const SEND: &str = "mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } errors { code } } }";

/// Somebody who writes in a conversation.
#[derive(Clone)]
pub struct Writer {
    /// The server.
    pub client: GraphqlClient,
    /// Who writes.
    pub token: String,
    /// Where.
    pub chat: ConversationId,
}

impl Writer {
    /// Writes a message, again and again with the same key, until the server says that it is stored; gives its id.
    pub async fn write(&self, body: &str) -> String {
        let input = json!({ "conversationId": self.chat.to_public(), "body": body, "idempotencyKey": run::unique_name() });
        let variables = json!({ "input": input });
        until(PATIENCE * 6, "a message to be stored", async || {
            let sent = self
                .client
                .try_execute(SEND, variables.clone(), Some(&self.token));
            let answer = sent.await.ok()?;
            let payload = &answer.data["sendMessage"];
            assert!(
                payload["errors"].as_array().is_none_or(Vec::is_empty),
                "{payload}"
            );
            payload["message"]["id"].as_str().map(str::to_owned)
        })
        .await
    }
}

/// Writes messages, spread over the writers in turn and at most `per_second`, until it is stopped or `in_all` are stored;
/// gives the ids of all. A machine that is too slow for this rate takes longer, but no message is left out.
pub async fn write_steadily(
    writers: &[Writer],
    per_second: u32,
    in_all: Option<u32>,
    stop: &CancellationToken,
) -> Vec<String> {
    const AT_ONCE: u32 = 24;
    let tasks = (0..AT_ONCE).map(|number| {
        let most =
            in_all.map(|in_all| (in_all / AT_ONCE + u32::from(number < in_all % AT_ONCE)) as usize);
        let writer = &writers[number as usize % writers.len()];
        async move {
            let mut pace = interval(Duration::from_secs(1) * AT_ONCE / per_second);
            pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut stored = Vec::new();
            while most.is_none_or(|most| stored.len() < most) {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return stored,
                    _ = pace.tick() => {}
                }
                let body = canary::message(&format!("{number}.{}", stored.len()));
                stored.push(writer.write(&body).await);
            }
            stored
        }
    });
    join_all(tasks).await.concat()
}
