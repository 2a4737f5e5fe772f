//! What is new, live: in the inbox, and in a conversation that is open.

use harness::on_both_databases;
use harness::world::{World, alerts, events, inbox};
use harness::ws::Subscription;
use serde_json::{Value, json};

use super::access::change;

/// How many messages are new in the inbox, as its next change tells.
async fn new_messages(inbox: &mut Subscription) -> Value {
    inbox.next().await["inboxChanges"]["counts"]["messages"].take()
}

/// What the next event of an open conversation is, and how many of its messages are unread then.
async fn unread(open: &mut Subscription) -> (Value, Value) {
    let mut event = open.next().await["conversationEvents"].take();
    (event["__typename"].take(), event["unreadCount"].take())
}

on_both_databases! {
    /// Paul leaves the program from which Rita of his team is restricted, and joins it again: he comes into her inbox and
    /// goes. Nora's shows the same as before, but she is told as well, also that he is not in the portal any more.
    async fn the_inbox_follows_programs_and_enrolment(world: &World) {
        world.clinic.join(world.patient("Paul"), world.staff("Rita")).await;
        world.send("Paul", world.chat, "hello").await;
        let programs = world.data("Ada", "{ programs { nodes { id } } }", json!({})).await;
        let program = &programs["programs"]["nodes"][0]["id"];
        let paul = world.patient("Paul").to_public();
        let head = world.head().await;
        let (rita, nora) = (world.connect("Rita").await, world.connect("Nora").await);
        let (mut to_rita, mut to_nora) = (inbox(&rita, Some(&head)).await, inbox(&nora, Some(&head)).await);
        for (programs, rita_sees) in [(json!([]), 1), (json!([program]), 0)] {
            change(world, "Dora", "setPatientPrograms", json!({ "patientId": paul, "programIds": programs })).await;
            assert_eq!(new_messages(&mut to_rita).await, rita_sees);
            assert_eq!(new_messages(&mut to_nora).await, 1);
        }
        change(world, "Dora", "endEnrolment", json!({ "patientId": paul })).await;
        assert_eq!(new_messages(&mut to_nora).await, 1);
    }

    /// Dora is on nobody's team, and has a chat open all the same: she is told what she has not seen of it.
    async fn an_open_conversation_counts_for_who_is_off_the_team(world: &World) {
        let dora = world.connect("Dora").await;
        let mut open = events(&dora, world.chat, Some(&world.head().await)).await;
        let mut last = Value::Null;
        for count in 1..=3 {
            last = world.send("Paul", world.chat, "again").await;
            assert_eq!(unread(&mut open).await, (json!("MessagePosted"), json!(count)));
        }
        world.note("Dora", world.chat, "her own does not count").await;
        assert_eq!(unread(&mut open).await, (json!("MessagePosted"), json!(3)));
        assert_eq!(world.read("Dora", world.chat, &last["message"]).await, 0);
        assert_eq!(unread(&mut open).await, (json!("ReadCursorMoved"), json!(0)));
        world.read("Nora", world.chat, &last["message"]).await;
        world.send("Nora", world.chat, "what others read and write").await;
        assert_eq!(unread(&mut open).await, (json!("MessagePosted"), json!(1)));
    }

    /// Nora has an alert, reads its message on another device, and comes back from before it: what she has not seen is
    /// counted as of now, although the message itself is still at hand from when she came first.
    async fn who_comes_back_is_told_what_is_unread_now(world: &World) {
        let before = world.head().await;
        let sent = world.send("Paul", world.chat, "hello").await;
        let nora = world.connect("Nora").await;
        let mut first = alerts(&nora, Some(&before)).await;
        assert_eq!(first.next().await["messageAlerts"]["unreadCount"], 1);
        assert_eq!(world.read("Nora", world.chat, &sent["message"]).await, 0);
        let mut again = alerts(&nora, Some(&before)).await;
        assert_eq!(again.next().await["messageAlerts"]["unreadCount"], 0);
        let mut open = events(&nora, world.chat, Some(&before)).await;
        assert_eq!(unread(&mut open).await, (json!("MessagePosted"), json!(0)));
    }
}
