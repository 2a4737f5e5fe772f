//! Whoever has a conversation open is told that what is scheduled in it has changed.

use chrono::TimeDelta;
use harness::world::{World, events};
use harness::{canary, on_both_databases, run};
use serde_json::json;

on_both_databases! {
    /// A colleague who has the conversation open learns that a message is scheduled, held back, and cancelled; the patient
    /// learns nothing of it.
    async fn clinicians_who_look_are_told_and_the_patient_is_not(world: &World) {
        let before = world.head().await;
        let (nora, paul) = (world.connect("Nora").await, world.connect("Paul").await);
        let mut at_nora = events(&nora, world.chat, Some(&before)).await;
        let mut at_paul = events(&paul, world.chat, Some(&before)).await;
        let schedule = "mutation ($input: ScheduleMessageInput!) { scheduleMessage(input: $input) { scheduledMessage { id } errors { code } } }";
        let input = json!({
            "conversationId": world.chat.to_public(), "body": canary::message("See you soon"), "localTime": "2027-01-15T08:30",
            "timeZone": "UTC", "seenPosition": before, "idempotencyKey": run::unique_name(),
        });
        let scheduled = world.ask("Nils", schedule, json!({ "input": input })).await.field("scheduleMessage");
        assert_eq!(scheduled["errors"], json!([]));
        assert_eq!(at_nora.next().await["conversationEvents"]["__typename"], "ScheduledMessagesChanged");
        world.send("Paul", world.chat, "I cannot come").await;
        world.hands.advance(TimeDelta::hours(1));
        let told = async |subscription: &mut harness::ws::Subscription| subscription.next().await["conversationEvents"]["__typename"].clone();
        assert_eq!(told(&mut at_nora).await, "MessagePosted");
        assert_eq!(told(&mut at_nora).await, "ScheduledMessagesChanged", "it is held back");
        let cancel = "mutation ($id: ID!) { cancelScheduledMessage(input: { scheduledMessageId: $id }) { errors { code } } }";
        let cancelled = world.ask("Nora", cancel, json!({ "id": scheduled["scheduledMessage"]["id"] })).await;
        assert_eq!(cancelled.field("cancelScheduledMessage")["errors"], json!([]));
        assert_eq!(told(&mut at_nora).await, "ScheduledMessagesChanged");

        world.send("Nora", world.chat, "I see").await;
        assert_eq!(told(&mut at_nora).await, "MessagePosted");
        assert_eq!(told(&mut at_paul).await, "MessagePosted");
        assert_eq!(told(&mut at_paul).await, "MessagePosted", "between the two messages the patient was told of nothing");
    }
}
