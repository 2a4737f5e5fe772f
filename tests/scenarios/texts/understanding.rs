//! From the gateway to the conversation and back: what comes in over the wire is understood, and what is answered leaves.

use entity::{TextFailure, TextPurpose, TextState};
use harness::patience::{PATIENCE, until};
use harness::twilio::Behaviour;
use harness::world::{World, alerts};
use harness::{canary, on_both_databases};
use serde_json::{Value, json};

use super::office::{OURS, Office};

const QUESTION: &str = "A member of your care team at Riverside Clinic is trying to get in contact with you. Please send your date of birth (MM/DD/YYYY) to confirm your identity. If you choose to opt out of these messages at any time, please respond 'STOP'. Message and data rates may apply.";

const CHANGES: &str = "subscription ($after: Position) { textingChanges(after: $after) { __typename
    ... on TextingChanged { position alert patient { id texting { status triesLeft } } } ... on Resync { reason } } }";

pub(super) async fn enable(world: &World) -> Value {
    let on = "mutation { updateSettings(input: { texting: true }) { errors { code } } }";
    assert_eq!(
        world
            .ask("Ada", on, json!({}))
            .await
            .field("updateSettings")["errors"],
        json!([])
    );
    let enable = "mutation ($input: TextingInput!) { enableTexting(input: $input) { patient { texting { status } } errors { code } } }";
    let input = json!({ "input": { "patientId": world.patient("Paul").to_public() } });
    world
        .ask("Nora", enable, input)
        .await
        .field("enableTexting")
}

pub(super) async fn status(world: &World) -> Value {
    let query = "query ($id: ID!) { patient(id: $id) { texting { status } } }";
    let paul = world.patient("Paul").to_public();
    world.data("Nora", query, json!({ "id": paul })).await["patient"]["texting"]["status"].clone()
}

pub(super) async fn until_status(world: &World, expected: &str) {
    until(PATIENCE, expected, async || {
        (status(world).await == expected).then_some(())
    })
    .await;
}

/// Paul has said who he is, and has texted: he gets his answers by text.
pub(super) async fn chatting(office: &Office) {
    let (world, paul) = (&office.world, canary::phone(1));
    enable(world).await;
    office.twilio.until(1).await;
    office.bring("SM1", &paul, &birth_date()).await;
    until_status(world, "ENABLED").await;
    office.bring("SM2", &paul, &canary::message("hello")).await;
    until(PATIENCE, "the text in the chat", async || {
        let texts = office.texts().await;
        let mut texts = texts.iter();
        texts.any(|text| text.message_id.is_some()).then_some(())
    })
    .await;
}

/// The answer in the form that is asked for.
pub(super) fn birth_date() -> String {
    let mut parts = canary::BIRTH_DATE.split('-');
    let (year, month, day) = (
        parts.next().unwrap(),
        parts.next().unwrap(),
        parts.next().unwrap(),
    );
    format!("{month}/{day}/{year}")
}

on_both_databases! {
    /// Paul is asked word for word, answers, and is heard live by the nurse who did not ask; he texts, is alerted like in the
    /// portal, gets his answer by text, and after STOP nothing but the confirmation.
    async fn a_patient_is_asked_answers_and_chats(office: &Office) {
        let (world, paul) = (&office.world, canary::phone(1));
        let nils = world.connect("Nils").await;
        let ask = "mutation { updateNotificationSettings(input: { twoWayTexting: true }) { errors { code } } }";
        world.data("Nils", ask, json!({})).await;
        let after = world.head().await;
        let mut changes = nils.subscribe(CHANGES, json!({ "after": after })).await;
        let enabled = enable(world).await;
        assert_eq!((&enabled["errors"], &enabled["patient"]["texting"]["status"]), (&json!([]), &json!("PENDING")));
        let handed = office.twilio.until(1).await;
        assert_eq!((handed[0].body.as_str(), handed[0].to.as_str()), (QUESTION, paul.as_str()));
        let pending = changes.next().await["textingChanges"].clone();
        assert_eq!((&pending["alert"], &pending["patient"]["texting"]["status"]), (&json!(true), &json!("PENDING")));

        assert_eq!(office.bring("SM1", &paul, &birth_date()).await, 200);
        let answered = changes.next().await["textingChanges"].clone();
        assert_eq!(answered["patient"]["texting"]["status"], "ENABLED");
        let inbound = office.inbound().await;
        assert!(inbound.iter().all(|text| text.body.is_none()), "the answer is gone");

        let mut to_nils = alerts(&nils, Some(&world.head().await)).await;
        office.bring("SM2", &paul, &canary::message("I feel dizzy")).await;
        let alert = to_nils.next().await["messageAlerts"].clone();
        assert_eq!(alert["message"]["body"], canary::message("I feel dizzy"));
        let sent = world.send("Nora", world.chat, "Please lie down").await;
        assert_eq!(sent["message"]["channel"], "SMS");
        let handed = office.twilio.until(2).await;
        assert_eq!(handed[1].body, canary::message("Please lie down"));

        office.bring("SM3", &paul, "stop!").await;
        until_status(world, "OPTED_OUT").await;
        office.bring("SM4", &paul, "Stop").await;
        assert!(office.twilio.until(3).await[2].body.contains("opted out"));
        office.bring("SM5", &paul, "START").await;
        until_status(world, "ENABLED").await;
        let handed = office.twilio.until(4).await;
        assert!(handed[3].body.contains("will get text messages from us again"), "one confirmation of STOP");
    }

    /// A picture that comes with words is told of beside them, in the language of the clinic, and keeps no keyword from being one.
    async fn a_picture_beside_words_is_told_of(office: &Office) {
        let (world, paul) = (&office.world, canary::phone(1));
        chatting(office).await;
        let finnish = "mutation { updateSettings(input: { defaultLanguage: \"fi\" }) { errors { code } } }";
        world.data("Ada", finnish, json!({})).await;
        let body = canary::message("Is this rash bad?");
        let bring = async |sid: &str, body: &str| {
            let form = [("MessageSid", sid), ("From", paul.as_str()), ("To", OURS), ("Body", body), ("NumMedia", "1"), ("MediaUrl0", "https://x.example/1")];
            assert_eq!(office.twilio.call(&office.webhook("inbound"), &form).await, 200);
        };
        bring("SM7", &body).await;
        let said = until(PATIENCE, "the message", async || {
            let query = "query ($id: ID!) { conversation(id: $id) { messages(last: 1) { nodes { body } } } }";
            let last = world.data("Nora", query, json!({ "id": world.chat.to_public() })).await;
            let said = last["conversation"]["messages"]["nodes"][0]["body"].as_str()?.to_owned();
            said.starts_with(&body).then_some(said)
        })
        .await;
        assert!(said.ends_with("\n[Viestin mukana tuli kuva tai muu tiedosto. Sitä ei voi näyttää tässä.]"), "{said}");
        bring("SM8", "STOP").await;
        until_status(world, "OPTED_OUT").await;
    }

    /// What waits to leave when STOP comes does not leave any more.
    async fn what_is_queued_does_not_leave_after_stop(office: &Office) {
        let (world, paul) = (&office.world, canary::phone(1));
        chatting(office).await;
        // The gateway is out of order, so that the answer waits.
        office.twilio.behave(Behaviour::Status(503));
        let sent = world.send("Nora", world.chat, "Good morning").await;
        assert_eq!(sent["message"]["channel"], "SMS");
        office.bring("SM3", &paul, "STOP").await;
        until_status(world, "OPTED_OUT").await;
        office.twilio.behave(Behaviour::Accept);
        world.hands.advance(chrono::TimeDelta::hours(1));
        let refused = until(PATIENCE, "the answer to be given up", async || {
            let texts = office.texts().await;
            texts.into_iter().find(|text| text.purpose == TextPurpose::Message && text.state == TextState::Failed)
        })
        .await;
        assert_eq!(refused.reason, Some(TextFailure::OptedOut));
    }
}
