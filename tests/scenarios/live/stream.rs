//! Subscriptions over event streams, for clients without WebSockets.

use harness::patience::{PATIENCE, within};
use harness::world::{World, alerts};
use harness::{canary, on_both_databases, run};
use serde_json::{Value, json};

/// An open event stream of Nora's alerts.
struct Stream {
    answer: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(world: &World, after: &str) -> Self {
        let query = "subscription ($after: Position) { messageAlerts(after: $after) { __typename
            ... on MessageAlert { position preview unreadCount patient { name } message { id body author { name } } conversation { id } }
            ... on Resync { position reason } } }";
        let client = &world.node.client;
        let answer = client
            .http()
            .post(client.url("/graphql"))
            .bearer_auth(&world.actor("Nora").token)
            .header("accept", "text/event-stream")
            .json(&json!({ "query": query, "variables": { "after": after } }))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let text = String::new();
        Self { answer, text }
    }

    /// The next alert.
    async fn next(&mut self) -> Value {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.strip_prefix("event: next\ndata: ").map(str::to_owned);
                self.text = rest.to_owned();
                if let Some(data) = data {
                    let mut item: Value = serde_json::from_str(&data).unwrap();
                    return item["data"]["messageAlerts"].take();
                }
                continue;
            }
            let bytes = within(PATIENCE, "an event", self.answer.chunk()).await;
            let bytes = bytes.unwrap().expect("the stream goes on");
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

on_both_databases! {
    /// A client without WebSockets resumes by an event stream, and is given the same.
    async fn an_event_stream_gives_the_same(world: &World) {
        let head = world.head().await;
        world.send("Paul", world.chat, "missed").await;
        let nora = world.connect("Nora").await;
        let mut by_socket = alerts(&nora, Some(&head)).await;
        let mut by_stream = Stream::open(world, &head).await;
        for text in ["live", run::unique_name().as_str(), "and the last"] {
            let given = by_socket.next().await["messageAlerts"].take();
            assert_eq!(by_stream.next().await["message"], given["message"]);
            world.send("Paul", world.chat, text).await;
        }
    }

    /// An event stream that was cut goes on from the position that was seen last, with nothing missed and nothing twice.
    async fn an_event_stream_that_was_cut_goes_on(world: &World) {
        let mut seen = world.head().await;
        for round in 0..3 {
            let mut stream = Stream::open(world, &seen).await;
            for part in ["missed", "live"] {
                let text = format!("{part} {round}");
                if part == "live" || round == 0 {
                    world.send("Paul", world.chat, &text).await;
                }
                let given = stream.next().await;
                assert_eq!(given["message"]["body"], canary::message(&text));
                seen = given["position"].as_str().unwrap().to_owned();
            }
            drop(stream);
            world.send("Paul", world.chat, &format!("missed {}", round + 1)).await;
        }
    }
}
