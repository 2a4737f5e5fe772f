//! Bodies, types and tokens that are wrong, over HTTP and over a socket.

use chrono::TimeDelta;
use harness::on_both_databases;
use harness::world::{SEND, World};
use harness::ws::{Opening, Socket};
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

const MESSAGES: &str = "query ($id: ID!) { conversation(id: $id) { messages { nodes { id } } } }";

/// What does not fit its type is refused by the validation or, deeper inside an input, when the field is called.
const WRONG_VALUE: [&str; 2] = ["GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"];

fn draft(world: &World, body: &str) -> Value {
    json!({ "input": { "conversationId": world.chat.to_public(), "body": body, "idempotencyKey": "k" } })
}

async fn messages(world: &World) -> usize {
    let chat = json!({ "id": world.chat.to_public() });
    let data = world.data("Paul", MESSAGES, chat).await;
    data["conversation"]["messages"]["nodes"]
        .as_array()
        .unwrap()
        .len()
}

on_both_databases! {
    async fn a_body_over_a_socket_meets_the_same_limits(world: &World) {
        let paul = world.connect("Paul").await;
        for (body, code) in [(String::new(), "BLANK"), (" \n".to_owned(), "BLANK"), ("ä".repeat(20_001), "TOO_LONG")] {
            let mut sending = paul.subscribe(SEND, draft(world, &body)).await;
            let payload = sending.next().await["sendMessage"].take();
            assert_eq!((&payload["message"], &payload["errors"][0]["code"]), (&json!(null), &json!(code)));
        }
        assert_eq!(messages(world).await, 0);
        let mut sending = paul.subscribe(SEND, draft(world, &"ä".repeat(20_000))).await;
        assert_eq!(sending.next().await["sendMessage"]["errors"], json!([]), "the longest body passes");
        assert_eq!(messages(world).await, 1);
    }

    async fn a_request_that_is_no_text_is_refused(world: &World) {
        let client = &world.node.client;
        let mut request = json!({ "query": SEND, "variables": draft(world, "?") }).to_string().into_bytes();
        let at = request.iter().position(|byte| *byte == b'?').unwrap();
        request[at] = 0xff;
        let token = &world.actor("Paul").token;
        let sending = client.http().post(client.url("/graphql")).header(CONTENT_TYPE, "application/json").bearer_auth(token);
        let answer = sending.body(request).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        let errors: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert!(errors["errors"][0]["extensions"]["code"].is_string(), "{errors}");
        assert_eq!(messages(world).await, 0);
    }

    async fn variables_of_a_wrong_type_run_nothing(world: &World) {
        let id = world.chat.to_public();
        let right = json!({ "conversationId": id, "body": "x", "idempotencyKey": "k" });
        let without = |field: &str| {
            let mut input = right.clone();
            input.as_object_mut().unwrap().remove(field);
            input
        };
        let mut wrong = vec![json!(null), json!(7), json!("text"), json!([]), without("idempotencyKey"), without("conversationId")];
        for (field, value) in [("body", json!(7)), ("body", json!(["x"])), ("richBody", json!("x")), ("conversationId", json!({}))] {
            let mut input = right.clone();
            input[field] = value;
            wrong.push(input);
        }
        let mut unknown = right.clone();
        unknown["bodies"] = json!("x");
        wrong.push(unknown);
        let paul = world.connect("Paul").await;
        for input in wrong {
            let variables = json!({ "input": input });
            let answer = world.ask("Paul", SEND, variables.clone()).await;
            assert_eq!(answer.data, json!(null), "{input}");
            assert!(WRONG_VALUE.contains(&answer.codes()[0]), "{input}: {:?}", answer.errors);
            let mut over_socket = paul.subscribe(SEND, variables).await;
            let errors = over_socket.refused_or_failed().await;
            assert_eq!(errors[0]["extensions"]["code"], answer.codes()[0], "{input}");
        }
        assert_eq!(messages(world).await, 0);
    }

    async fn an_expired_token_is_refused_everywhere(world: &World) {
        world.hands.advance(TimeDelta::hours(25));
        let answer = world.ask("Nora", "{ version }", json!({})).await;
        assert_eq!((answer.status, answer.codes()), (StatusCode::UNAUTHORIZED, vec!["UNAUTHENTICATED"]));
        let forged = format!("{}x", world.actor("Nora").token);
        let answer = world.node.client.execute("{ version }", json!({}), Some(&forged)).await;
        assert_eq!((answer.status, answer.codes()), (StatusCode::UNAUTHORIZED, vec!["UNAUTHENTICATED"]));
        let mut socket = Socket::open(world.node.app.address, &Opening::default()).await.unwrap();
        let closed = socket.init(Some(&world.actor("Nora").token)).await.unwrap_err();
        assert_eq!(closed.code, Some(4403));
    }
}
