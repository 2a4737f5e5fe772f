//! An event is rendered once for all who see the same; nobody can tell.

use harness::on_both_databases;
use harness::world::{World, alerts};
use harness::ws::{Subscriber, Subscription};
use serde_json::{Value, json};

const MESSAGE: &str = "id conversationId sequence kind channel title body html createdAt position author { id kind name profession }";

/// A directive keeps a selection from being shared.
const ALONE: &str = "@include(if: true)";

async fn watch_alerts(person: &Subscriber, directive: &str, after: &str) -> Subscription {
    let operation = format!(
        "subscription ($after: Position) {{ messageAlerts(after: $after) {{ __typename ... on MessageAlert {{
            position {directive} patient {{ id name }} conversation {{ id }} message {{ {MESSAGE} }} preview unreadCount }} }} }}"
    );
    person
        .subscribe(&operation, json!({ "after": after }))
        .await
}

async fn watch_chat(
    world: &World,
    person: &Subscriber,
    directive: &str,
    after: &str,
) -> Subscription {
    let operation = format!(
        "subscription ($id: ID!, $after: Position) {{ conversationEvents(conversationId: $id, after: $after) {{ __typename
            ...P ... on ReadCursorMoved {{ unreadCount }} }} }}
         fragment P on MessagePosted {{ position {directive} unreadCount message {{ ...M }} }}
         fragment M on Message {{ {MESSAGE} }}"
    );
    let variables = json!({ "id": world.chat.to_public(), "after": after });
    person.subscribe(&operation, variables).await
}

async fn next_of_each(subscriptions: &mut [Subscription]) -> Vec<Value> {
    let mut given = Vec::new();
    for subscription in subscriptions {
        given.push(subscription.next().await);
    }
    given
}

on_both_databases! {
    /// Nora, Dora and Paul have the chat open, each twice: once as everybody does, and once in a way that is rendered for them
    /// alone. Both say the same, also where each of them has read another number of messages, and notes do not reach Paul.
    async fn what_is_shared_is_what_each_would_have_been_given(world: &World) {
        let head = world.head().await;
        let mut shared = Vec::new();
        let mut alone = Vec::new();
        let mut people = Vec::new();
        for name in ["Nora", "Dora", "Paul"] {
            let person = world.connect(name).await;
            shared.push(watch_chat(world, &person, "", &head).await);
            alone.push(watch_chat(world, &person, ALONE, &head).await);
            people.push(person);
        }
        for round in 0..3 {
            let sent = world.send("Paul", world.chat, &format!("round {round} <b>&\"")).await;
            assert_eq!(next_of_each(&mut shared).await, next_of_each(&mut alone).await);
            if round == 0 {
                assert!(world.node.app.realtime.renderings().shared() > 0, "Nora and Dora were given the same");
            }
            if round == 1 {
                world.read("Nora", world.chat, &sent["message"]).await;
                assert_eq!(shared[0].next().await, alone[0].next().await);
            }
        }
        world.note("Dora", world.chat, "not for Paul").await;
        let note = next_of_each(&mut shared[..2]).await;
        assert_eq!(note, next_of_each(&mut alone[..2]).await);
        assert_ne!(note[0], note[1], "Dora has not written what Nora has not read");
        world.send("Nora", world.chat, "for all").await;
        let told = next_of_each(&mut shared).await;
        assert_eq!(told, next_of_each(&mut alone).await);
        assert_eq!(told[2]["conversationEvents"]["message"]["kind"], "MESSAGE");
    }

    /// Whoever selects more of an event, or under another name, is not given what others selected.
    async fn another_selection_is_another_answer(world: &World) {
        let head = world.head().await;
        let nora = world.connect("Nora").await;
        let (mut plain, mut alone) = (
            watch_alerts(&nora, "", &head).await,
            watch_alerts(&nora, ALONE, &head).await,
        );
        let renamed = "subscription ($after: Position) { told: messageAlerts(after: $after) {
            ... on MessageAlert { text: preview message { body: id } } } }";
        let mut renamed = nora.subscribe(renamed, json!({ "after": head })).await;
        let mut usual = alerts(&nora, Some(&head)).await;
        for _ in 0..2 {
            let sent = world.send("Paul", world.chat, "hello").await;
            let id = &sent["message"]["id"];
            let given = plain.next().await;
            assert_eq!(given, alone.next().await);
            assert_eq!(&given["messageAlerts"]["message"]["id"], id);
            let given = renamed.next().await;
            assert_eq!(&given["told"]["message"]["body"], id);
            assert_eq!(given["told"].as_object().map(serde_json::Map::len), Some(2));
            assert_eq!(&usual.next().await["messageAlerts"]["message"]["id"], id);
        }
    }

    /// An interface may stand for anything, so what is selected through one is shared with nobody.
    async fn what_is_selected_through_an_interface_is_each_viewers_own(world: &World) {
        let head = world.head().await;
        let (nora, paul) = (world.connect("Nora").await, world.connect("Paul").await);
        let operation = |selected: &str| {
            format!("subscription ($id: ID!, $after: Position) {{ conversationEvents(conversationId: $id, after: $after) {{
                ... on MessagePosted {{ unreadCount message {{ ... on Node {{ {selected} }} }} }} }} }}")
        };
        let variables = json!({ "id": world.chat.to_public(), "after": head });
        let mut of_ids = nora.subscribe(&operation("id"), variables.clone()).await;
        let mut of_words = nora.subscribe(&operation("... on Message { body }"), variables.clone()).await;
        let mut of_patient = paul.subscribe(&operation("... on Message { sequence }"), variables).await;
        let sent = world.send("Paul", world.chat, "hello").await;
        let told = |mut event: Value| event["conversationEvents"]["message"].take();
        assert_eq!(told(of_ids.next().await), json!({ "id": sent["message"]["id"] }));
        assert_eq!(told(of_words.next().await), json!({ "body": sent["message"]["body"] }));
        assert_eq!(told(of_patient.next().await), json!({ "sequence": sent["message"]["sequence"] }));
    }

    /// What others select too is checked for everybody as it was for the first.
    async fn a_bad_subscription_is_refused_however_often_it_comes(world: &World) {
        let (nora, paul) = (world.connect("Nora").await, world.connect("Paul").await);
        let unknown = "subscription { messageAlerts { ... on MessageAlert { nothing } } }";
        let mut told = Vec::new();
        for person in [&nora, &paul, &nora] {
            told.push(person.subscribe(unknown, json!({})).await.refused_or_failed().await);
        }
        assert!(told[0][0]["locations"][0]["column"].is_number(), "{told:?}");
        assert!(told.iter().all(|errors| errors == &told[0]), "{told:?}");

        let text = "subscription ($after: Position) { messageAlerts(after: $after) { ... on MessageAlert { preview } } }";
        let is_about = |alert: &Value, word: &str| {
            let preview = alert["messageAlerts"]["preview"].as_str();
            preview.is_some_and(|preview| preview.starts_with(word))
        };
        let head = world.head().await;
        let mut good = nora.subscribe(text, json!({ "after": head })).await;
        world.send("Paul", world.chat, "first").await;
        assert!(is_about(&good.next().await, "first"));
        for bad in [json!({ "after": "garbled" }), json!({ "after": 5 }), json!({ "after": [head] })] {
            let errors = nora.subscribe(text, bad.clone()).await.refused_or_failed().await;
            assert!(errors[0]["message"].is_string(), "{bad}");
        }
        world.send("Paul", world.chat, "second").await;
        assert!(is_about(&good.next().await, "second"));
    }
}
