//! Live connections: renewed, expired, revoked.

use harness::on_both_databases;
use harness::world::{World, alerts};
use serde_json::json;

const RENEW: &str = "mutation ($token: String!) { renewConnection(input: { accessToken: $token }) { expiresAt errors { code field } } }";

on_both_databases! {
    /// A fresh token on the live connection keeps it open past the old token's time, and its subscription goes on.
    async fn a_connection_outlives_its_first_token(world: &World) {
        let mut nora = world.connect("Nora").await;
        let mut to_nora = alerts(&nora, Some(&world.head().await)).await;
        world.hands.advance(chrono::TimeDelta::hours(20));
        let fresh = world.clinic.fresh_token(&world.actor("Nora").token);
        let mut renewal = nora.subscribe(RENEW, json!({ "token": fresh })).await;
        assert_eq!(renewal.next().await["renewConnection"]["errors"], json!([]));
        world.hands.advance(chrono::TimeDelta::hours(10));
        let paul = world.clinic.token(world.actor("Paul").person).await;
        let input = json!({ "conversationId": world.chat.to_public(), "body": harness::canary::message("still there?"), "idempotencyKey": "k" });
        world.node.client.execute(harness::world::SEND, json!({ "input": input }), Some(&paul)).await.into_data();
        assert_eq!(to_nora.next().await["messageAlerts"]["message"]["body"], harness::canary::message("still there?"));
        // The fresh token's time is over: what comes next does not reach her any more.
        world.hands.advance(chrono::TimeDelta::hours(20));
        let paul = world.clinic.token(world.actor("Paul").person).await;
        let input = json!({ "conversationId": world.chat.to_public(), "body": harness::canary::message("too late"), "idempotencyKey": "l" });
        world.node.client.execute(harness::world::SEND, json!({ "input": input }), Some(&paul)).await.into_data();
        assert_eq!(nora.closed().await.code, Some(4403));
    }

    /// Another person's token does not pass, nor does one of the same person's other device, nor a bad one; the connection
    /// keeps its own.
    async fn a_connection_stays_with_its_session(world: &World) {
        let nora = world.connect("Nora").await;
        let other_device = world.clinic.token(world.actor("Nora").person).await;
        for token in [world.actor("Nils").token.clone(), other_device, "nonsense".to_owned()] {
            let mut renewal = nora.subscribe(RENEW, json!({ "token": token })).await;
            let errors = renewal.next().await["renewConnection"]["errors"].clone();
            assert_eq!(errors, json!([{ "code": "INVALID_CREDENTIALS", "field": ["accessToken"] }]));
        }
        let over_http = world.ask("Nora", RENEW, json!({ "token": world.actor("Nora").token })).await;
        assert_eq!(over_http.codes(), ["FORBIDDEN"]);
    }
}
