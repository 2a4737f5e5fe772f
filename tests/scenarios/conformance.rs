//! The public suites and clients of others against the real server.

use harness::on_both_databases;
use harness::world::World;
use harness::{canary, node, run};
use serde_json::json;

on_both_databases! {
    /// The audits of the npm package `graphql-http`, every one of them.
    async fn all_audits_of_graphql_over_http_pass(world: &World) {
        let url = world.node.client.url("/graphql");
        let printed = node::run("audit.mjs", &[&url]).await;
        assert!(printed.contains("61 of 61 audits pass"), "{printed}");
    }

    /// The npm package `tus-js-client` uploads a file, breaks off, and goes on.
    async fn the_usual_client_uploads(world: &World) {
        let arguments = [
            world.node.client.url("/uploads"),
            world.actor("Nora").token.clone(),
            world.patient("Paul").to_public(),
        ];
        let printed = node::run("tus.mjs", &arguments.each_ref().map(String::as_str)).await;
        assert!(printed.contains("in two goes"), "{printed}");
    }

    /// The npm packages `graphql-ws` and `graphql-sse`, with a nurse's token and operations of the schema.
    async fn the_usual_clients_query_write_and_watch(world: &World) {
        // The client reads three items of a subscription.
        for number in 1..=3 {
            world.send("Paul", world.chat, &format!("{number} for the subscriber")).await;
        }
        let chat = json!(world.chat.to_public());
        let (body, key) = (json!(canary::message("from the client")), json!(run::unique_name()));
        let start = json!(tidings::domain::event_log::Position(0).to_public(world.clinic.organization));
        let arguments = [
            world.node.client.url("/graphql"),
            world.actor("Nora").token.clone(),
            "--query={ me { ... on StaffMember { id name roles } } inbox { nodes { id } } }".to_owned(),
            format!("--mutation=mutation {{ sendMessage(input: {{ conversationId: {chat}, body: {body}, idempotencyKey: {key} }}) {{ message {{ id }} errors {{ code }} }} }}"),
            format!("--subscription=subscription {{ conversationEvents(conversationId: {chat}, after: {start}) {{ __typename }} }}"),
        ];
        node::run("graphql-ws.mjs", &arguments.each_ref().map(String::as_str)).await;
    }
}
