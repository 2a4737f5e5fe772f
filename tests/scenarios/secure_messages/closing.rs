//! Closing a conversation and opening it again (SEC-6).

use harness::on_both_databases;
use harness::world::{World, events};
use serde_json::{Value, json};

use super::{begun, codes, seen, set_status};

on_both_databases! {
    /// Closing ends the patient's right to answer, and opening gives it back; both are seen at once.
    async fn closing_ends_the_right_to_answer_and_opening_gives_it_back(world: &World) {
        let id = begun(world, json!({})).await;
        let paul = world.connect("Paul").await;
        let mut open_at_paul = changes(&paul, id, &world.head().await).await;
        assert_eq!(set_status(world, "Nora", "closeConversation", id).await, json!([]));
        let changed = open_at_paul.next().await["conversationEvents"]["conversation"].clone();
        assert_eq!(changed, json!({ "status": "CLOSED", "canWrite": false }));
        let closed = seen(world, "Nora", id).await;
        assert_eq!(closed["statusChangedBy"]["id"], world.staff("Nora").to_public());
        assert_eq!(seen(world, "Paul", id).await["statusChangedBy"], Value::Null);
        assert_eq!(codes(&world.send("Paul", id, "too late").await["errors"]), ["CONVERSATION_CLOSED"]);
        assert_eq!(codes(&world.send("Nora", id, "too late").await["errors"]), ["CONVERSATION_CLOSED"]);
        assert_eq!(world.note("Nora", id, "for the record").await["errors"], json!([]));

        assert_eq!(set_status(world, "Nora", "closeConversation", id).await, json!([]), "once more changes nothing");
        assert_eq!(set_status(world, "Nils", "reopenConversation", id).await, json!([]));
        let changed = open_at_paul.next().await["conversationEvents"]["conversation"].clone();
        assert_eq!(changed, json!({ "status": "OPEN", "canWrite": true }));
        assert_eq!(world.send("Paul", id, "in time").await["errors"], json!([]));
    }

    /// A reply that races with a close is stored before it or refused after it, and never lost in between.
    async fn a_reply_that_races_with_a_close_is_stored_or_refused(world: &World) {
        // Who begins first changes from round to round, until either has won; a close that always won would hide a lost reply.
        let (mut stored_before, mut refused_after) = (0, 0);
        for round in 0..400 {
            if round >= 40 && stored_before > 0 && refused_after > 0 {
                break;
            }
            let id = begun(world, json!({})).await;
            let sending = world.send("Paul", id, "just in time");
            let closing = set_status(world, "Nora", "closeConversation", id);
            let (sent, closed) = if round % 2 == 0 {
                futures_util::join!(sending, closing)
            } else {
                let (closed, sent) = futures_util::join!(closing, sending);
                (sent, closed)
            };
            assert_eq!(closed, json!([]));
            let stored = seen(world, "Nora", id).await;
            assert_eq!(stored["status"], "CLOSED");
            let messages = stored["messages"]["nodes"].as_array().unwrap().len();
            if sent["errors"] == json!([]) {
                assert_eq!(messages, 2, "round {round}: what was confirmed is stored");
                stored_before += 1;
            } else {
                assert_eq!(codes(&sent["errors"]), ["CONVERSATION_CLOSED"]);
                assert_eq!(messages, 1, "round {round}: what was refused is not");
                refused_after += 1;
            }
        }
        assert!(stored_before > 0 && refused_after > 0, "both were seen: {stored_before} stored, {refused_after} refused");
    }

    /// What was stored before the end is still given to who repeats the request.
    async fn a_retry_after_the_end_gives_what_was_stored(world: &World) {
        let id = begun(world, json!({})).await;
        let first = world.send_with_key("Paul", id, "once", "the-key").await;
        set_status(world, "Nora", "closeConversation", id).await;
        let again = world.send_with_key("Paul", id, "once", "the-key").await;
        assert_eq!((&again["errors"], &again["message"]["id"]), (&json!([]), &first["message"]["id"]));
    }

    /// The care-team chat has no end, and patients close nothing.
    async fn only_what_ends_can_be_closed(world: &World) {
        let errors = set_status(world, "Nora", "closeConversation", world.chat).await;
        assert_eq!(codes(&errors), ["WRONG_STATE"]);
        let id = begun(world, json!({})).await;
        let operation = "mutation ($id: ID!) { closeConversation(input: { conversationId: $id }) { errors { code } } }";
        for (name, code) in [("Paul", "FORBIDDEN"), ("Ada", "FORBIDDEN"), ("Rita", "NOT_FOUND"), ("Sten", "NOT_FOUND")] {
            let answer = world.ask(name, operation, json!({ "id": id.to_public() })).await;
            assert_eq!(answer.codes(), [code], "{name}");
        }
        assert_eq!(seen(world, "Paul", id).await["status"], "OPEN");
    }

    /// Whoever has the conversation open sees an answer that came before the close, and then the close.
    async fn an_open_view_sees_all_in_order(world: &World) {
        let id = begun(world, json!({})).await;
        let nora = world.connect("Nora").await;
        let mut open = events(&nora, id, Some(&world.head().await)).await;
        world.send("Paul", id, "an answer").await;
        set_status(world, "Nils", "closeConversation", id).await;
        assert_eq!(open.next().await["conversationEvents"]["__typename"], "MessagePosted");
        assert_eq!(open.next().await["conversationEvents"]["__typename"], "ConversationChanged");
    }
}

async fn changes(
    subscriber: &harness::ws::Subscriber,
    id: entity::ConversationId,
    after: &str,
) -> harness::ws::Subscription {
    let operation = "subscription ($id: ID!, $after: Position) { conversationEvents(conversationId: $id, after: $after) {
        ... on ConversationChanged { conversation { status canWrite } } } }";
    let variables = json!({ "id": id.to_public(), "after": after });
    subscriber.subscribe(operation, variables).await
}
