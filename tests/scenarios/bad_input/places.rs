//! Cursors of lists and positions of the log that are garbled, of somebody else, or not of this list.

use harness::on_both_databases;
use harness::world::{World, alerts, inbox};
use serde_json::{Value, json};
use tidings::domain::event_log::Position;

const INBOX: &str =
    "query ($after: String, $before: String) { inbox(first: 1, after: $after, before: $before) {
    edges { cursor node { id } } pageInfo { endCursor } } }";
const MESSAGES: &str =
    "query ($id: ID!, $after: String) { conversation(id: $id) { messages(first: 1, after: $after) {
    edges { cursor node { id } } pageInfo { endCursor } } } }";

/// The cursor of the first element.
fn cursor(list: &Value) -> String {
    list["edges"][0]["cursor"]
        .as_str()
        .expect("the list has an element")
        .to_owned()
}

async fn inbox_cursor(world: &World, who: &str) -> String {
    cursor(&world.data(who, INBOX, json!({})).await["inbox"])
}

async fn message_cursor(world: &World, who: &str, chat: entity::ConversationId) -> String {
    let data = world
        .data(who, MESSAGES, json!({ "id": chat.to_public() }))
        .await;
    cursor(&data["conversation"]["messages"])
}

on_both_databases! {
    async fn a_cursor_is_good_for_its_own_list_only(world: &World) {
        world.send("Paul", world.chat, "one").await;
        world.send("Petra", world.petras_chat, "two").await;
        world.send("Silja", world.foreign_chat, "three").await;
        let own = message_cursor(world, "Nora", world.chat).await;
        let mut garbled = own.clone();
        garbled.replace_range(0..1, if own.starts_with('A') { "B" } else { "A" });
        let wrong = [
            ("garbled", garbled),
            ("cut", own[..own.len() - 2].to_owned()),
            ("nothing", String::new()),
            ("no cursor at all", "%00' or 1=1".to_owned()),
            ("of another list", inbox_cursor(world, "Nora").await),
            ("of another chat", message_cursor(world, "Petra", world.petras_chat).await),
            ("of another clinic", message_cursor(world, "Sten", world.foreign_chat).await),
        ];
        let mut refusals = Vec::new();
        for (what, cursor) in wrong {
            let variables = json!({ "id": world.chat.to_public(), "after": cursor });
            let answer = world.ask("Nora", MESSAGES, variables).await;
            assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{what}");
            refusals.push(answer.errors);
        }
        assert!(refusals.iter().all(|errors| *errors == refusals[0]), "the refusals differ");
        let colleagues = inbox_cursor(world, "Nils").await;
        for variables in [json!({ "after": colleagues }), json!({ "before": own })] {
            assert_eq!(world.ask("Nora", INBOX, variables).await.codes(), ["BAD_USER_INPUT"]);
        }
    }

    async fn a_cursor_whose_element_is_the_last_ends_the_list(world: &World) {
        world.send("Paul", world.chat, "the only one").await;
        let last = message_cursor(world, "Nora", world.chat).await;
        let variables = json!({ "id": world.chat.to_public(), "after": last });
        let page = world.data("Nora", MESSAGES, variables).await["conversation"]["messages"].take();
        assert_eq!(page["edges"], json!([]));
    }

    async fn a_position_that_is_none_of_the_log_is_refused(world: &World) {
        let nora = world.connect("Nora").await;
        let own = world.head().await;
        let foreign = Position(0).to_public(world.other_clinic.organization);
        for wrong in [foreign.as_str(), &own[1..], "nonsense", ""] {
            for mut watching in [alerts(&nora, Some(wrong)).await, inbox(&nora, Some(wrong)).await] {
                let (_, errors) = watching.next_with_errors().await;
                assert_eq!(errors[0]["extensions"]["code"], "BAD_USER_INPUT", "{wrong}");
            }
        }
        let mut watching = alerts(&nora, Some(&"x".repeat(65))).await;
        let (_, errors) = watching.next_with_errors().await;
        assert_eq!(errors[0]["extensions"]["code"], "BAD_USER_INPUT");
    }

    async fn a_position_from_the_future_leads_to_a_resync(world: &World) {
        let nora = world.connect("Nora").await;
        let future = Position(1_000_000).to_public(world.clinic.organization);
        let mut watching = alerts(&nora, Some(&future)).await;
        let first = watching.next().await["messageAlerts"].take();
        assert_eq!((&first["__typename"], &first["reason"]), (&json!("Resync"), &json!("AHEAD_OF_LOG")));
        assert_eq!(first["position"], json!(world.head().await));
        world.send("Paul", world.chat, "after the resync").await;
        assert_eq!(watching.next().await["messageAlerts"]["__typename"], "MessageAlert");
    }
}
