//! How texts leave: what the gateway is handed, and what becomes of its refusals and of its silence.

use chrono::TimeDelta;
use entity::{NotificationStatus, PersonId, Roles, TextFailure, TextState, text};
use harness::patience::{PATIENCE, until};
use harness::seed::Seed;
use harness::twilio::Behaviour;
use harness::{canary, on_both_databases};
use serde_json::json;

use super::office::{OURS, Office, THEIRS, set_gateway_as};
use super::understanding::chatting;

/// The other clinic texts with Silja by a gateway of its own.
async fn neighbour(office: &Office) {
    let world = &office.world;
    let theirs = Seed::of(&world.node.app.core, world.other_clinic.organization);
    let chief = theirs
        .staff("Cleo", "Administrator", Roles::ADMINISTRATOR)
        .await;
    let token = theirs.token(PersonId::Staff(chief)).await;
    set_gateway_as(world, &token, &office.other.url(), &[THEIRS]).await;
    office.reach_by_text("Silja", 2).await;
}

/// The newest text, once nobody has it: a gateway that says nothing is waited for as long.
async fn put_back(office: &Office) -> text::Model {
    until(PATIENCE * 3, "the attempt to be settled", async || {
        let text = office.texts().await.pop()?;
        text.leased_until.is_none().then_some(text)
    })
    .await
}

on_both_databases! {
    /// A gateway that asks to be left alone is, for as long as it says and no longer, while another clinic's texts leave.
    async fn a_gateway_that_asks_to_be_left_alone_is(office: &Office) {
        neighbour(office).await;
        chatting(office).await;
        let before = office.twilio.handed().len();
        office.twilio.behave(Behaviour::Throttle(150));
        office.world.hands.advance(TimeDelta::seconds(1));
        office.world.send("Nora", office.world.chat, "Good morning").await;
        office.twilio.until(before + 1).await;
        let asked = office.world.hands.now() + TimeDelta::seconds(150);
        assert!(put_back(office).await.due_at >= asked);
        office.twilio.behave(Behaviour::Accept);
        // Silja's link leaves two minutes after the message: a look for work that comes after that finds nothing of Paul's.
        office.world.send("Sten", office.world.foreign_chat, "Good morning").await;
        office.world.hands.advance(TimeDelta::seconds(140));
        office.other.until(1).await;
        assert_eq!(office.twilio.handed().len(), before + 1);
        office.world.hands.advance(TimeDelta::seconds(11));
        office.twilio.until(before + 2).await;
        assert_eq!(office.until_text(TextState::Sent).await.attempts, 2);
    }

    /// A gateway that takes too long to answer is tried again.
    async fn silence_is_tried_again(office: &Office) {
        chatting(office).await;
        let before = office.twilio.handed().len();
        office.twilio.behave(Behaviour::Hang);
        office.world.hands.advance(TimeDelta::seconds(1));
        office.world.send("Nora", office.world.chat, "Good morning").await;
        office.twilio.until(before + 1).await;
        office.twilio.behave(Behaviour::Accept);
        let text = put_back(office).await;
        assert_eq!((text.state, text.attempts), (TextState::Queued, 1));
        office.world.hands.advance(TimeDelta::seconds(10));
        assert_eq!(office.twilio.until(before + 2).await[before + 1].to, canary::phone(1));
        assert_eq!(office.until_text(TextState::Sent).await.attempts, 2);
    }

    /// The notification of a message goes out by the clinic's gateway, once, and what it says is kept no longer than that.
    async fn a_notification_leaves_by_the_clinics_gateway(office: &Office) {
        office.nurse_writes().await;
        let handed = office.twilio.until(1).await;
        assert_eq!((&*handed[0].to, &*handed[0].from), (&*canary::phone(1), OURS));
        canary::keep_text(&handed[0].body);
        assert!(handed[0].body.contains("/l/"), "it holds a link");
        assert!(handed[0].reports.starts_with(&office.webhook("status")));
        let text = office.until_text(TextState::Sent).await;
        assert_eq!(text.provider_message_id.unwrap().reveal(), handed[0].sid);
        assert_eq!((text.body, text.segments), (None, 1));
        let sent = office.notifications().await;
        assert!(sent.iter().any(|row| row.status == NotificationStatus::Sent && Some(row.id) == text.notification_id));
        office.nurse_writes().await;
        assert_eq!(office.twilio.until(2).await.len(), 2, "no text went out twice");
    }

    /// What will never arrive ends among the dead letters with the gateway's code.
    async fn a_number_that_is_refused_ends_among_the_dead_letters(office: &Office) {
        for (code, failure) in [(21211, TextFailure::InvalidNumber), (21614, TextFailure::Landline), (21610, TextFailure::OptedOut)] {
            office.twilio.behave(Behaviour::Refuse(code));
            office.nurse_writes().await;
            let reason = format!("twilio 400 {code}");
            let query = "{ deadLetters { nodes { reason channel } } }";
            until(PATIENCE, "the dead letter", async || {
                let letters = office.world.data("Ada", query, json!({})).await["deadLetters"]["nodes"].clone();
                (letters[0]["reason"] == json!(reason)).then_some(())
            })
            .await;
            let text = office.until_text(TextState::Failed).await;
            assert_eq!((text.reason, text.body), (Some(failure), None));
        }
    }

    /// A gateway that is out of order, or busy, gets the notification again later.
    async fn what_may_succeed_later_is_tried_again(office: &Office) {
        for (number, behaviour) in [Behaviour::Status(503), Behaviour::Throttle(7)].into_iter().enumerate() {
            office.twilio.behave(behaviour);
            office.nurse_writes().await;
            let before = number * 2 + 1;
            office.twilio.until(before).await;
            let text = office.until_text(TextState::Failed).await;
            assert_eq!(text.reason, Some(TextFailure::GatewayUnavailable));
            office.twilio.behave(Behaviour::Accept);
            office.world.hands.advance(TimeDelta::seconds(30));
            office.twilio.until(before + 1).await;
            office.until_text(TextState::Sent).await;
        }
    }

    /// A gateway that never answers holds up neither mail nor another clinic's texts: they are there while it still hangs.
    async fn a_gateway_that_hangs_holds_up_nobody_else(office: &Office) {
        office.twilio.behave(Behaviour::Hang);
        office.nurse_writes().await;
        office.twilio.until(1).await;

        let world = &office.world;
        neighbour(office).await;
        world.send("Sten", world.foreign_chat, "Good morning").await;
        world.send("Dora", world.petras_chat, "Good morning").await;
        world.hands.advance(TimeDelta::minutes(3));
        assert_eq!(office.other.until(1).await[0].to, canary::phone(2));
        until(PATIENCE, "the end of the mail", async || {
            let rows = office.notifications().await;
            rows.iter().any(|row| row.last_error.as_deref() == Some("email.no_server")).then_some(())
        })
        .await;
        let text = office.texts().await.pop().unwrap();
        assert_eq!((text.state, text.attempts), (TextState::Queued, 1), "it hangs still");
    }
}
