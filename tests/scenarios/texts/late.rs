//! What changes between the moment at which a text is stored and the one at which it would leave.

use chrono::TimeDelta;
use entity::{NotificationStatus, PhoneNumber, TextFailure, TextPurpose, TextState, patient, text};
use harness::patience::{PATIENCE, until};
use harness::twilio::{self, Behaviour};
use harness::{canary, on_both_databases};
use sea_orm::EntityTrait;
use serde_json::json;

use super::office::{OURS, Office, SET, set_gateway};
use super::understanding::{chatting, enable, status, until_status};

/// Another number of the clinic.
const OUR_SECOND: &str = "+61491570901";

/// The texts that carry messages of the chat.
async fn messages(office: &Office) -> Vec<text::Model> {
    let texts = office.texts().await.into_iter();
    let outgoing = |text: &text::Model| {
        text.purpose == TextPurpose::Message && text.state != TextState::Received
    };
    texts.filter(outgoing).collect()
}

/// Waits until the only message of the chat that goes by text stands somewhere; gives why.
async fn until_message(office: &Office, state: TextState) -> Option<TextFailure> {
    until(PATIENCE, state.word(), async || {
        let only = messages(office).await.pop()?;
        (only.state == state).then_some(only.reason)
    })
    .await
}

/// A nurse writes while the gateway is out of order, so that the text waits.
async fn waiting_text(office: &Office) {
    chatting(office).await;
    office.twilio.behave(Behaviour::Status(503));
    let before = office.twilio.handed().len();
    let sent = office.world.send("Nora", office.world.chat, "Good morning");
    assert_eq!(sent.await["message"]["channel"], "SMS");
    office.twilio.until(before + 1).await;
    until(PATIENCE, "the text to wait", async || {
        let waits = messages(office).await.pop()?.leased_until.is_none();
        waits.then_some(())
    })
    .await;
}

/// The gateway works again, and the time comes at which it is tried.
fn mend(office: &Office) {
    office.twilio.behave(Behaviour::Accept);
    office.world.hands.advance(TimeDelta::hours(1));
}

on_both_databases! {
    /// The patient has another number by now: the old one is told nothing.
    async fn what_waits_does_not_go_to_a_number_that_was_given_up(office: &Office) {
        waiting_text(office).await;
        let before = office.twilio.handed().len();
        let change = "mutation ($input: UpdatePatientInput!) { updatePatient(input: $input) { errors { code } } }";
        let paul = office.world.patient("Paul").to_public();
        let input = json!({ "input": { "patientId": paul, "phone": canary::phone(40) } });
        assert_eq!(office.world.ask("Nora", change, input).await.field("updatePatient")["errors"], json!([]));
        mend(office);
        assert_eq!(until_message(office, TextState::Failed).await, Some(TextFailure::NumberChanged));
        assert_eq!(office.twilio.handed().len(), before);
    }

    /// Somebody else has the number too by now, and could read it.
    async fn what_waits_does_not_go_to_a_number_that_two_have(office: &Office) {
        waiting_text(office).await;
        office.reach_by_text("Petra", 1).await;
        mend(office);
        assert_eq!(until_message(office, TextState::Failed).await, Some(TextFailure::NumberShared));
    }

    /// Staff have opted the patient out by now. After that not even a link goes by text; it goes by e-mail.
    async fn what_waits_does_not_go_to_whoever_told_staff_to_stop(office: &Office) {
        waiting_text(office).await;
        let before = office.twilio.handed().len();
        let stop = "mutation ($input: TextingInput!) { optPatientOutOfTexting(input: $input) { errors { code } } }";
        let paul = office.world.patient("Paul").to_public();
        let stopped = office.world.ask("Nora", stop, json!({ "input": { "patientId": paul } })).await;
        assert_eq!(stopped.field("optPatientOutOfTexting")["errors"], json!([]));
        mend(office);
        assert_eq!(until_message(office, TextState::Failed).await, Some(TextFailure::OptedOut));
        office.nurse_writes().await;
        until(PATIENCE, "the link by e-mail", async || {
            let rows = office.notifications().await;
            rows.iter().any(|row| row.last_error.as_deref() == Some("email.no_server")).then_some(())
        })
        .await;
        assert_eq!(office.twilio.handed().len(), before);
    }

    /// Three texts to one number wait, the first of them at the gateway, when STOP comes: they are claimed one after the other, and
    /// the other two stay.
    async fn what_waits_for_its_turn_does_not_leave_after_stop(office: &Office) {
        chatting(office).await;
        office.twilio.behave(Behaviour::Hold);
        let before = office.twilio.handed().len();
        office.world.send("Nora", office.world.chat, "Text 0").await;
        office.twilio.until(before + 1).await;
        for number in 1..4 {
            office.world.send("Nora", office.world.chat, &format!("Text {number}")).await;
        }
        office.twilio.let_go(1);
        office.twilio.until(before + 2).await;
        let with_worker = |text: &&text::Model| text.state == TextState::Queued && text.leased_until.is_some();
        assert_eq!(messages(office).await.iter().filter(with_worker).count(), 1, "the oldest only");

        office.bring("SM9", &canary::phone(1), "STOP").await;
        until_status(&office.world, "OPTED_OUT").await;
        office.twilio.let_go(9);
        let texts = until(PATIENCE, "all of them to be settled", async || {
            let texts = messages(office).await;
            texts.iter().all(|text| text.state != TextState::Queued).then_some(texts)
        })
        .await;
        let kept_back = texts.iter().filter(|text| (text.reason, text.attempts) == (Some(TextFailure::OptedOut), 1));
        assert_eq!(kept_back.count(), 2);
        // Besides the two, only the confirmation of STOP leaves.
        let handed = office.twilio.until(before + 3).await;
        assert!(handed[before + 2].body.contains("opted out"));
        assert_eq!(handed.len(), before + 3);
    }

    /// The clinic has changed to another account: what waits leaves by it.
    async fn what_waits_leaves_by_the_new_account(office: &Office) {
        waiting_text(office).await;
        let set = set_gateway(&office.world, "Ada", &office.other.url(), &[OUR_SECOND]).await;
        assert_ne!(set["textGateway"]["id"], json!(office.gateway));
        office.world.hands.advance(TimeDelta::hours(1));
        let handed = office.other.until(1).await;
        assert_eq!((&*handed[0].to, &*handed[0].from), (&*canary::phone(1), OUR_SECOND));
        assert_eq!(until_message(office, TextState::Sent).await, None);
    }

    /// Wrong credentials are the clinic's to mend: the notification waits for it, and its text says so.
    async fn wrong_credentials_are_told(office: &Office) {
        office.twilio.behave(Behaviour::Status(401));
        office.nurse_writes().await;
        let text = office.until_text(TextState::Failed).await;
        assert_eq!((text.reason, text.error.as_deref()), (Some(TextFailure::GatewayRefused), Some("twilio 401")));
        let waits = until(PATIENCE, "the notification to wait", async || {
            let rows = office.notifications().await;
            rows.into_iter().find(|row| Some(row.id) == text.notification_id && row.last_error.is_some())
        })
        .await;
        assert_eq!(waits.status, NotificationStatus::Pending);
        mend(office);
        office.until_text(TextState::Sent).await;
    }

    /// The answer comes from the number that the patient has texted, also where a messaging service could choose another.
    async fn the_answer_comes_from_the_number_that_was_texted(office: &Office) {
        let service = "MGzyxaccount0000000000000000000001";
        let input = json!({
            "gateway": { "twilio": { "baseUrl": office.twilio.url(), "accountSid": twilio::ACCOUNT, "messagingServiceSid": service } },
            "numbers": [OURS, OUR_SECOND], "textsPerSecond": 1000,
        });
        office.world.data("Ada", SET, json!({ "input": input })).await;
        chatting(office).await;
        let (paul, body) = (canary::phone(1), canary::message("to the other number"));
        let form = [("MessageSid", "SM7"), ("From", paul.as_str()), ("To", OUR_SECOND), ("Body", body.as_str())];
        assert_eq!(office.twilio.call(&office.webhook("inbound"), &form).await, 200);
        until(PATIENCE, "the second text", async || {
            let texts = office.texts().await;
            let received = texts.iter().filter(|text| text.state == TextState::Received && text.message_id.is_some());
            (received.count() == 2).then_some(())
        })
        .await;
        let before = office.twilio.handed().len();
        office.world.send("Nora", office.world.chat, "Good morning").await;
        let handed = office.twilio.until(before + 1).await[before].clone();
        assert_eq!((handed.from.as_str(), handed.service.as_deref()), (OUR_SECOND, Some(service)));
    }

    /// What cannot be a text as it is stays in the portal, and the patient is texted a link to it.
    async fn of_what_is_too_long_a_link_is_texted(office: &Office) {
        chatting(office).await;
        let before = office.twilio.handed().len();
        let long = canary::message(&"long ".repeat(500));
        let sent = office.world.send("Nora", office.world.chat, &long).await;
        assert_eq!(sent["message"]["channel"], "PORTAL");
        office.world.hands.advance(TimeDelta::minutes(3));
        let link = &office.twilio.until(before + 1).await[before].body;
        canary::keep_text(link);
        assert!(link.contains("/l/") && !link.contains("long"), "{link}");
    }

    /// STOP holds although it was sent to a number that the clinic has not set up.
    async fn stop_holds_whichever_number_it_was_sent_to(office: &Office) {
        enable(&office.world).await;
        let paul = canary::phone(1);
        let form = [("MessageSid", "SM8"), ("From", paul.as_str()), ("To", "+61491570999"), ("Body", "Stop")];
        assert_eq!(office.twilio.call(&office.webhook("inbound"), &form).await, 200);
        until_status(&office.world, "OPTED_OUT").await;
        assert!(office.quarantined().await.is_empty());
        let found = patient::Entity::find_by_id((office.world.clinic.organization, office.world.patient("Paul")));
        let row = found.one(office.world.node.app.core.store.reader()).await.unwrap().unwrap();
        assert_eq!(row.phone, Some(PhoneNumber::new(paul)));
        assert_eq!(status(&office.world).await, "OPTED_OUT");
    }
}
