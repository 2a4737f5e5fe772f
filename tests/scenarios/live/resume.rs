//! Resuming from a position: no gap at the seam, and a plain word when the log cannot tell (LIVE-3).

use chrono::TimeDelta;
use entity::PersonId;
use futures_util::future::join_all;
use harness::canary;
use harness::client::GraphqlClient;
use harness::on_both_databases;
use harness::patience::{PATIENCE, until, within};
use harness::world::{World, alerts, events, inbox};
use harness::ws::Subscription;
use serde_json::{Value, json};
use std::sync::Arc;
use tidings::domain::event_log::{Position, bounds, prune};
use tidings::realtime::{Feed, InProcess, Item, ResyncReason, Topic};
use tokio_util::sync::CancellationToken;

use super::access::restrict_nora;
use super::follower::{Follower, Parting, Watched, whole_log};
use super::writer::{Writer, write_steadily};

const FOLLOWERS: usize = 12;

async fn head(world: &World) -> Position {
    let reader = world.node.app.core.store.reader();
    bounds(reader, world.clinic.organization)
        .await
        .unwrap()
        .head
}

async fn next_body(alerts: &mut Subscription) -> Value {
    alerts.next().await["messageAlerts"]["message"]["body"].take()
}

/// Follows until the end words; the server must not close the connection.
async fn follow(mut follower: Follower, after: Position) -> (Follower, Position) {
    assert_eq!(follower.follow().await, Parting::Done);
    (follower, after)
}

on_both_databases! {
    /// Clients join while others write. Each is given what was written after its position: before it subscribed, while it
    /// did, and from then on.
    async fn what_is_written_while_one_subscribes_comes_once(world: &World) {
        let organization = world.clinic.organization;
        let writers = ["Nora", "Nils", "Paul"].map(|name| Writer {
            client: GraphqlClient::new(format!("http://{}", world.node.app.address)),
            token: world.actor(name).token.clone(),
            chat: world.chat,
        });
        let stop = CancellationToken::new();
        let (patients_last, nurses_last) = (canary::message("Paul's last"), canary::message("Nora's last"));
        let writing = async {
            write_steadily(&writers, 150, None, &stop).await;
            writers[2].write(&patients_last).await;
            writers[0].write(&nurses_last).await;
        };
        let joining = async {
            let mut following = Vec::new();
            for number in 0..FOLLOWERS {
                let actor = world.actor(["Nora", "Paul", "Nils"][number % 3]);
                let (watched, last_words) = match (number % 2, actor.person) {
                    (0, _) => (Watched::Conversation(world.chat), &nurses_last),
                    (_, PersonId::Patient(_)) => (Watched::Alerts(actor.person), &nurses_last),
                    (_, PersonId::Staff(_)) => (Watched::Alerts(actor.person), &patients_last),
                };
                let now = head(world).await;
                let after = if number % 4 == 0 { Position(now.0 / 2) } else { now };
                let follower = Follower::new(world.node.app.address, organization, &actor.token, watched, after, last_words);
                following.push(tokio::spawn(follow(follower, after)));
                until(PATIENCE, "some more messages", async || (head(world).await.0 > now.0 + 10).then_some(())).await;
            }
            stop.cancel();
            following
        };
        let ((), following) = tokio::join!(writing, joining);
        let log = whole_log(&world.node.app.core, organization).await;
        for task in following {
            let (follower, after) = within(PATIENCE, "a follower", task).await.unwrap();
            let since = &log[usize::try_from(after.0).unwrap()..];
            assert_eq!(follower.given, follower.watched.of(since), "{:?} after {after:?}", follower.watched);
        }
    }

    /// A log that does not reach back says so, and goes on from its head; just within reach nothing is missing.
    async fn a_pruned_position_is_told(world: &World) {
        for text in ["one", "two", "three"] {
            world.send("Paul", world.chat, text).await;
        }
        let organization = world.clinic.organization;
        let head = head(world).await;
        let later = world.hands.now() + TimeDelta::days(1);
        let gone = prune(&world.node.app.core, organization, later, 2).await.unwrap();
        assert_eq!((gone, head), (2, Position(3)));
        let nora = world.connect("Nora").await;
        let mut within_reach = alerts(&nora, Some(&Position(2).to_public(organization))).await;
        assert_eq!(next_body(&mut within_reach).await, canary::message("three"));

        let too_old = Position(1).to_public(organization);
        let resync = json!({ "__typename": "Resync", "position": head.to_public(organization), "reason": "PRUNED" });
        let (mut to_nora, mut open, mut changes) =
            (alerts(&nora, Some(&too_old)).await, events(&nora, world.chat, Some(&too_old)).await, inbox(&nora, Some(&too_old)).await);
        assert_eq!(to_nora.next().await["messageAlerts"], resync);
        assert_eq!(open.next().await["conversationEvents"], resync);
        assert_eq!(changes.next().await["inboxChanges"], resync);
        world.send("Paul", world.chat, "four").await;
        assert_eq!(next_body(&mut to_nora).await, canary::message("four"));
        assert_eq!(open.next().await["conversationEvents"]["message"]["body"], canary::message("four"));
        assert_eq!(changes.next().await["inboxChanges"]["counts"]["messages"], 4);
    }

    /// A reader that has fallen behind, and behind whom the whole log is pruned, is told.
    async fn a_log_that_is_pruned_under_its_reader_is_told(world: &World) {
        let organization = world.clinic.organization;
        world.send("Paul", world.chat, "one").await;
        let realtime = &world.node.app.realtime;
        let mut feed = Feed::open(realtime, organization, vec![Topic::Everybody], Some(Position(0))).await.unwrap();
        let later = world.hands.now() + TimeDelta::days(1);
        assert_eq!(prune(&world.node.app.core, organization, later, 100).await.unwrap(), 1);
        let told = within(PATIENCE, "a word", feed.next()).await.unwrap();
        let pruned = Some((Position(1), ResyncReason::Pruned));
        assert_eq!(told.and_then(|item| match item {
            Item::Resync { position, reason } => Some((position, reason)),
            Item::Occurrence(_) => None,
        }), pruned);
    }

    /// A reader of the log that is ahead of what its node has heard knows of changes of access as well.
    async fn a_reader_ahead_of_its_node_knows_of_changes_of_access(world: &World) {
        let organization = world.clinic.organization;
        let deaf = world.second_node(Arc::new(InProcess::default())).await;
        // More than is read at once: the change comes with the second page.
        for _ in 0..9 {
            join_all((0..30).map(|_| world.send("Paul", world.chat, "again"))).await;
        }
        let mut feed = Feed::open(&deaf.app.realtime, organization, vec![Topic::Everybody], Some(Position(0))).await.unwrap();
        feed.next().await.unwrap();
        assert!((feed.must_check(), feed.must_check()) == (true, false));
        restrict_nora(world).await;
        let changed = head(world).await;
        while feed.position() < changed {
            within(PATIENCE, "an event", feed.next()).await.unwrap();
        }
        assert!(feed.must_check());
        deaf.app.shutdown().await;
    }

    /// A position ahead of the log, as after a restore from a backup, is told; then what happens comes.
    async fn a_position_from_the_future_is_told(world: &World) {
        world.send("Paul", world.chat, "one").await;
        let organization = world.clinic.organization;
        let nora = world.connect("Nora").await;
        let mut to_nora = alerts(&nora, Some(&Position(1000).to_public(organization))).await;
        let resync = json!({ "__typename": "Resync", "position": world.head().await, "reason": "AHEAD_OF_LOG" });
        assert_eq!(to_nora.next().await["messageAlerts"], resync);
        world.send("Paul", world.chat, "two").await;
        assert_eq!(next_body(&mut to_nora).await, canary::message("two"));
    }

    /// A position that is garbled and one of another clinic look the same, and neither is taken.
    async fn a_position_that_is_none_is_refused(world: &World) {
        let nora = world.connect("Nora").await;
        let foreign = Position(0).to_public(world.other_clinic.organization);
        let mut messages = Vec::new();
        for wrong in ["garbled", "", "AAAAAAAAAAAAAAAA", &foreign] {
            for mut refused in [
                alerts(&nora, Some(wrong)).await,
                events(&nora, world.chat, Some(wrong)).await,
                inbox(&nora, Some(wrong)).await,
            ] {
                let (_, errors) = refused.next_with_errors().await;
                assert_eq!(errors[0]["extensions"]["code"], "BAD_USER_INPUT", "{wrong}");
                messages.push(errors[0]["message"].clone());
            }
        }
        messages.dedup();
        assert_eq!(messages.len(), 1, "{messages:?}");
    }

    /// Without a position only what is new comes.
    async fn without_a_position_only_what_is_new_comes(world: &World) {
        world.send("Paul", world.chat, "old").await;
        let nora = world.connect("Nora").await;
        let mut to_nora = alerts(&nora, None).await;
        let first = until(PATIENCE, "an alert", async || {
            world.send("Paul", world.chat, "new").await;
            to_nora.try_next()
        })
        .await;
        assert_eq!(first["messageAlerts"]["message"]["body"], canary::message("new"));
    }

    /// Each alert says how many messages its reader has not seen: their own, not anybody else's.
    async fn alerts_count_exactly(world: &World) {
        let (nora, nils) = (world.connect("Nora").await, world.connect("Nils").await);
        let head = world.head().await;
        let (mut to_nora, mut to_nils) = (alerts(&nora, Some(&head)).await, alerts(&nils, Some(&head)).await);
        let mut last = json!(null);
        for count in 1..=3 {
            last = world.send("Paul", world.chat, "again").await;
            for live in [&mut to_nora, &mut to_nils] {
                assert_eq!(live.next().await["messageAlerts"]["unreadCount"], count);
            }
        }
        world.read("Nora", world.chat, &last["message"]).await;
        world.send("Nora", world.chat, "an answer").await;
        world.note("Nora", world.chat, "a note").await;
        world.send("Paul", world.chat, "thanks").await;
        assert_eq!(to_nora.next().await["messageAlerts"]["unreadCount"], 1);
        assert_eq!(to_nils.next().await["messageAlerts"]["unreadCount"], 6);
    }

    /// A node stops as for a deploy. Its client is told to come back, and resumes on another node, and on one that was
    /// started later.
    async fn a_client_goes_on_at_another_node(world: &World) {
        let stopping = world.second_node(Arc::new(InProcess::default())).await;
        let token = &world.actor("Nora").token;
        let mut nora = stopping.connect(token).await;
        let mut to_nora = alerts(&nora, Some(&world.head().await)).await;
        world.send("Paul", world.chat, "seen").await;
        let seen = to_nora.next().await["messageAlerts"].take();
        assert_eq!(seen["message"]["body"], canary::message("seen"));
        let (closed, ()) = tokio::join!(nora.closed(), stopping.app.shutdown());
        assert_eq!(closed.code, Some(1012));

        for text in ["missed", "missed too"] {
            world.send("Paul", world.chat, text).await;
        }
        let started = world.second_node(Arc::new(InProcess::default())).await;
        for node in [&world.node, &started] {
            let nora = node.connect(token).await;
            let mut resumed = alerts(&nora, seen["position"].as_str()).await;
            for text in ["missed", "missed too"] {
                assert_eq!(next_body(&mut resumed).await, canary::message(text));
            }
        }
        started.app.shutdown().await;
    }
}
