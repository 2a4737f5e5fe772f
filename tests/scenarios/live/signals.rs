//! Typing and presence, as stories ask for them, and storms of them.

use entity::{ConversationId, PersonId};
use harness::on_both_databases;
use harness::patience::{PATIENCE, within};
use harness::world::{World, events};
use harness::ws::{Subscriber, Subscription};
use serde_json::{Value, json};
use tokio::time::Instant;

/// Watches who types in a conversation and who has it open.
pub async fn signals(subscriber: &Subscriber, chat: ConversationId) -> Subscription {
    let operation = "subscription ($id: ID!) { conversationSignals(conversationId: $id) { personId personKind activity } }";
    subscriber
        .subscribe(operation, json!({ "id": chat.to_public() }))
        .await
}

/// Says that somebody types in Paul's chat, or has stopped.
pub async fn set_typing(world: &World, who: &str, typing: bool) {
    let operation = "mutation ($input: SetTypingInput!) { setTyping(input: $input) { accepted } }";
    let input = json!({ "conversationId": world.chat.to_public(), "typing": typing });
    let answer = world.ask(who, operation, json!({ "input": input })).await;
    assert_eq!(answer.field("setTyping"), json!({ "accepted": true }));
}

/// Everything up to and with the signal that a person does something.
pub async fn until_seen(at: &mut Subscription, who: PersonId, activity: &str) -> Vec<Value> {
    let id = match who {
        PersonId::Staff(id) => id.to_public(),
        PersonId::Patient(id) => id.to_public(),
    };
    let wanted = |item: &Value| {
        let signal = &item["conversationSignals"];
        signal["personId"] == id && signal["activity"] == activity
    };
    let items = at.drain_until(wanted).await;
    items
        .into_iter()
        .map(|mut item| item["conversationSignals"].take())
        .collect()
}

on_both_databases! {
    /// Nora's client opens and closes the chat again and again. Nils hears of it now and then, in the end what is true, and
    /// messages are there at once all the while.
    async fn a_storm_of_presence_is_calmed(world: &World) {
        let (nora, nils) = (world.connect("Nora").await, world.connect("Nils").await);
        let mut open = events(&nils, world.chat, Some(&world.head().await)).await;
        let mut at_nils = signals(&nils, world.chat).await;
        signals(&nora, world.chat).await.complete().await;
        let since = Instant::now();
        for _ in 0..100 {
            signals(&nora, world.chat).await.complete().await;
            set_typing(world, "Nora", true).await;
        }
        world.send("Paul", world.chat, "hello").await;
        let message = open.next().await;
        assert_eq!(message["conversationEvents"]["__typename"], "MessagePosted");
        set_typing(world, "Nora", false).await;
        let heard = until_seen(&mut at_nils, world.actor("Nora").person, "STOPPED_TYPING").await;
        let _stays = signals(&nora, world.chat).await;
        let mut last = Value::Null;
        while last != "PRESENT" {
            last = within(PATIENCE, "Nora to be there", at_nils.next()).await["conversationSignals"]["activity"].take();
        }
        // Of each of the two things at most two a second, besides the first ones and those that waited.
        let most = 4 * (since.elapsed().as_secs() as usize + 2);
        assert!(heard.len() <= most, "{} signals, and not more than {most}", heard.len());
    }
}
