//! Two nodes, and a broker between them that cannot be relied upon: it only makes things faster.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use harness::Backend;
use harness::on_both_databases;
use harness::patience::{PATIENCE, within};
use harness::world::{Node, World, alerts, events};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use tidings::realtime::{Broker, Ear, Envelope, InProcess};

use crate::live::access::{change, nora_loses_paul, restrict_nora, take_nora_off_the_team};
use crate::live::signals::{set_typing, signals, until_seen};

/// A revocation reaches every socket within this time.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);

/// Drops, doubles and holds back what it is given, by chance but the same in each run.
struct Unreliable {
    state: Mutex<State>,
}

struct State {
    ears: Vec<Ear>,
    random: StdRng,
    held_back: Vec<Envelope>,
}

impl Default for Unreliable {
    fn default() -> Self {
        let state = State {
            ears: Vec::new(),
            random: StdRng::seed_from_u64(4),
            held_back: Vec::new(),
        };
        Self {
            state: Mutex::new(state),
        }
    }
}

impl Broker for Unreliable {
    fn publish(&self, envelope: &Envelope) {
        let (ears, envelopes) = {
            let mut state = self.state.lock().unwrap();
            let envelopes = match state.random.random_range(0..4) {
                0 => vec![],
                1 => vec![*envelope, *envelope],
                2 => {
                    state.held_back.push(*envelope);
                    vec![]
                }
                // The newest comes first, and then what should have come before it.
                _ => {
                    let mut late = std::mem::take(&mut state.held_back);
                    late.push(*envelope);
                    late.reverse();
                    late
                }
            };
            (state.ears.clone(), envelopes)
        };
        for envelope in &envelopes {
            ears.iter().for_each(|ear| ear(envelope));
        }
    }

    fn listen(&self, ear: Ear) {
        self.state.lock().unwrap().ears.push(ear);
    }

    fn is_healthy(&self) -> bool {
        true
    }
}

/// Says nothing to anybody.
struct Silent;

impl Broker for Silent {
    fn publish(&self, _envelope: &Envelope) {}

    fn listen(&self, _ear: Ear) {}

    fn is_healthy(&self) -> bool {
        false
    }
}

/// Two nodes on one database.
struct Cluster {
    /// The first node, on which stories write.
    world: World,
    /// The second, on which they listen.
    other: Node,
}

impl Cluster {
    async fn start_with(backend: Backend, broker: Arc<dyn Broker>) -> Self {
        let world = World::start_with(backend, Arc::clone(&broker), |source| source).await;
        let other = world.second_node(broker).await;
        Self { world, other }
    }

    async fn connect(&self, name: &str) -> harness::ws::Subscriber {
        self.other.connect(&self.world.actor(name).token).await
    }

    async fn finish(self) {
        self.other.app.shutdown().await;
        self.world.finish().await;
    }
}

/// Nodes whose broker works.
struct Connected(Cluster);

/// Nodes whose broker drops, doubles and reorders.
struct Unsteady(Cluster);

/// Nodes that do not hear each other.
struct Deaf(Cluster);

impl Connected {
    async fn start(backend: Backend) -> Self {
        Self(Cluster::start_with(backend, Arc::new(InProcess::default())).await)
    }

    async fn finish(self) {
        self.0.finish().await;
    }
}

impl Unsteady {
    async fn start(backend: Backend) -> Self {
        Self(Cluster::start_with(backend, Arc::new(Unreliable::default())).await)
    }

    async fn finish(self) {
        self.0.finish().await;
    }
}

impl Deaf {
    async fn start(backend: Backend) -> Self {
        Self(Cluster::start_with(backend, Arc::new(Silent)).await)
    }

    async fn finish(self) {
        self.0.finish().await;
    }
}

/// What is written on one node, by several at once, comes to the other once and in order.
async fn everything_comes_once_and_in_order(cluster: &Cluster) {
    let world = &cluster.world;
    let nora = cluster.connect("Nora").await;
    let head = world.head().await;
    let (mut open, mut to_nora) = (
        events(&nora, world.chat, Some(&head)).await,
        alerts(&nora, Some(&head)).await,
    );
    for round in 0..5 {
        let texts: Vec<_> = (0..8).map(|number| format!("{round}.{number}")).collect();
        let sent = join_all(
            texts
                .iter()
                .map(|text| world.send("Paul", world.chat, text)),
        )
        .await;
        let mut sent: Vec<_> = sent
            .iter()
            .map(|payload| payload["message"].clone())
            .collect();
        sent.sort_by_key(|message| message["sequence"].as_i64());
        for message in &sent {
            let posted = open.next().await["conversationEvents"].take();
            assert_eq!(
                (&posted["message"]["id"], &posted["position"]),
                (&message["id"], &message["position"])
            );
            let alert = to_nora.next().await["messageAlerts"].take();
            assert_eq!(
                (&alert["message"]["id"], &alert["position"]),
                (&message["id"], &message["position"])
            );
        }
    }
}

/// A session that is ended on one node loses its sockets on the other.
async fn a_revocation_reaches_the_other_node(cluster: &Cluster) {
    let mut nora = cluster.connect("Nora").await;
    let payload = "mutation { signOutEverywhere { signedOut } }";
    cluster.world.data("Nora", payload, json!({})).await;
    let closed = within(REVOKED_WITHIN, "the end of the socket", nora.closed()).await;
    assert_eq!(closed.code, Some(4403));

    let mut nils = cluster.connect("Nils").await;
    let staff = cluster.world.staff("Nils").to_public();
    change(
        &cluster.world,
        "Ada",
        "deactivateStaffMember",
        json!({ "staffId": staff }),
    )
    .await;
    let closed = within(REVOKED_WITHIN, "the end of the socket", nils.closed()).await;
    assert_eq!(closed.code, Some(4403));
}

on_both_databases! {
    async fn a_broker_that_drops_and_doubles_and_reorders_loses_nothing(unsteady: &Unsteady) {
        everything_comes_once_and_in_order(&unsteady.0).await;
        nora_loses_paul(&unsteady.0.world, &unsteady.0.other, restrict_nora).await;
        a_revocation_reaches_the_other_node(&unsteady.0).await;
    }

    async fn nodes_that_do_not_hear_each_other_read_the_log(deaf: &Deaf) {
        everything_comes_once_and_in_order(&deaf.0).await;
        change(&deaf.0.world, "Ada", "updateSettings", json!({ "access": "TEAM" })).await;
        nora_loses_paul(&deaf.0.world, &deaf.0.other, take_nora_off_the_team).await;
        a_revocation_reaches_the_other_node(&deaf.0).await;
    }

    /// With a broker that works the other node hears at once, long before it would look by itself.
    async fn nodes_that_hear_each_other_do_not_wait(connected: &Connected) {
        everything_comes_once_and_in_order(&connected.0).await;
        a_revocation_reaches_the_other_node(&connected.0).await;
    }

    async fn typing_is_seen_on_the_other_node(connected: &Connected) {
        let Cluster { world, .. } = &connected.0;
        let (here, there) = (world.connect("Paul").await, connected.0.connect("Nora").await);
        let mut at_paul = signals(&here, world.chat).await;
        let mut at_nora = signals(&there, world.chat).await;
        until_seen(&mut at_nora, world.actor("Paul").person, "PRESENT").await;
        set_typing(world, "Paul", true).await;
        until_seen(&mut at_nora, world.actor("Paul").person, "TYPING").await;
        set_typing(world, "Nora", true).await;
        until_seen(&mut at_paul, world.actor("Nora").person, "TYPING").await;
        drop((here, at_paul));
        within(PATIENCE, "Paul to leave", until_seen(&mut at_nora, world.actor("Paul").person, "LEFT")).await;
    }
}
