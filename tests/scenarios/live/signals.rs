//! Typing and presence, as stories ask for them.

use entity::{ConversationId, PersonId};
use harness::world::World;
use harness::ws::{Subscriber, Subscription};
use serde_json::{Value, json};

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
