//! What needs attention, as those see it who are connected.

use chrono::TimeDelta;
use harness::on_both_databases;
use harness::world::World;
use harness::ws::{Subscriber, Subscription};
use serde_json::{Value, json};

use crate::live::access::change;

async fn attention(subscriber: &Subscriber, after: Option<&str>) -> Subscription {
    let operation = "subscription ($after: Position) { attentionAlerts(after: $after) { __typename
        ... on AttentionAlert { position reason at patient { id } conversation { id } }
        ... on Resync { position reason } } }";
    subscriber
        .subscribe(operation, json!({ "after": after }))
        .await
}

async fn next(subscription: &mut Subscription) -> (String, Value, Value) {
    let alert = subscription.next().await["attentionAlerts"].take();
    let reason = alert["reason"].as_str().unwrap().to_owned();
    (
        reason,
        alert["patient"]["id"].clone(),
        alert["conversation"]["id"].clone(),
    )
}

on_both_databases! {
    /// The servers look by themselves: whoever is connected knows at once, and whoever resumes learns it from the log.
    async fn what_needs_attention_is_told_live(world: &World) {
        let paul = json!(world.patient("Paul").to_public());
        let petra = json!(world.patient("Petra").to_public());
        let (chat, petras) = (json!(world.chat.to_public()), json!(world.petras_chat.to_public()));
        change(world, "Ada", "updateSettings", json!({ "expectedAnswers": [{ "kind": "CARE_TEAM_CHAT", "minutes": 60 }] })).await;
        let head = world.head().await;
        let (nora, ada) = (world.connect("Nora").await, world.connect("Ada").await);
        let (mut noras, mut adas) = (attention(&nora, None).await, attention(&ada, None).await);

        world.send("Petra", world.petras_chat, "Is anybody there?").await;
        assert_eq!(next(&mut adas).await, ("NOBODY_LISTENS".to_owned(), petra.clone(), json!(null)));
        world.send("Paul", world.chat, "Hello").await;
        world.hands.advance(TimeDelta::minutes(60));
        let overdue = [next(&mut adas).await, next(&mut adas).await];
        assert!(overdue.contains(&("ANSWER_OVERDUE".to_owned(), paul.clone(), json!(null))));
        assert!(overdue.contains(&("ANSWER_OVERDUE".to_owned(), petra, json!(null))));
        assert_eq!(next(&mut noras).await, ("ANSWER_OVERDUE".to_owned(), paul, chat.clone()));
        assert_ne!(chat, petras);

        let mut resumed = attention(&ada, Some(&head)).await;
        let again = [next(&mut resumed).await, next(&mut resumed).await, next(&mut resumed).await];
        let nobody = again.iter().filter(|(reason, ..)| reason == "NOBODY_LISTENS").count();
        assert_eq!((nobody, again.len()), (1, 3));
    }
}
