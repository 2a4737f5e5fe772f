//! A hundred subscribers on bad connections.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use harness::client::GraphqlClient;
use harness::world::World;
use harness::{Backend, canary, on_both_databases, run};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tidings::domain::event_log::Position;
use tidings::realtime::InProcess;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::follower::{Follower, Parting, Watched, whole_log};
use super::writer::{Writer, write_steadily};

const SUBSCRIBERS: u64 = 100;
const PER_SECOND: u32 = 200;

/// A world in which one person may have many connections.
struct Crowded(World);

impl Crowded {
    async fn start(backend: Backend) -> Self {
        let broker = Arc::new(InProcess::default());
        let many = "1000";
        let configure =
            |source: tidings::config::Source| source.with("limits.connections_per_person", many);
        Self(World::start_with(backend, broker, configure).await)
    }

    async fn finish(self) {
        self.0.finish().await;
    }

    fn writer(&self, name: &str) -> Writer {
        Writer {
            client: GraphqlClient::new(format!("http://{}", self.0.node.app.address)),
            token: self.0.actor(name).token.clone(),
            chat: self.0.chat,
        }
    }

    fn follower(&self, number: u64) -> Follower {
        let name = ["Nora", "Nils", "Paul"][number as usize % 3];
        let actor = self.0.actor(name);
        let (watched, last_words) = match (number % 2, name) {
            (0, _) => (Watched::Conversation(self.0.chat), "Nora's last"),
            (_, "Paul") => (Watched::Alerts(actor.person), "Nora's last"),
            (_, _) => (Watched::Alerts(actor.person), "Paul's last"),
        };
        let last_words = canary::message(last_words);
        let organization = self.0.clinic.organization;
        Follower::new(
            self.0.node.app.address,
            organization,
            &actor.token,
            watched,
            Position(0),
            &last_words,
        )
    }
}

async fn follow_with_cuts(mut follower: Follower, seed: u64) -> (Follower, usize) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut cuts = 0;
    loop {
        let patience = Duration::from_millis(random.random_range(1000..5000));
        match timeout(patience, follower.follow()).await {
            Ok(Parting::Done) => return (follower, cuts),
            Ok(Parting::Lost) => panic!("the server closed a connection"),
            Err(_) => cuts += 1,
        }
    }
}

on_both_databases! {
    /// Each subscriber is cut every one to five seconds, comes back, and is given every message once, in order.
    async fn whoever_is_cut_and_comes_back_misses_nothing(crowded: &Crowded) {
        let writers = ["Nora", "Nils", "Paul"].map(|name| crowded.writer(name));
        let stop = CancellationToken::new();
        let in_all = run::long().then_some(PER_SECOND * 60);
        let writing = async {
            let mut stored = write_steadily(&writers, PER_SECOND, in_all, &stop).await;
            stored.push(writers[2].write(&canary::message("Paul's last")).await);
            stored.push(writers[0].write(&canary::message("Nora's last")).await);
            stored
        };
        let lasting = async {
            if in_all.is_none() {
                sleep(Duration::from_secs(6)).await;
                stop.cancel();
            }
        };
        let following = (0..SUBSCRIBERS).map(|number| follow_with_cuts(crowded.follower(number), number));
        let (stored, (), followers) = tokio::join!(writing, lasting, join_all(following));

        let log = whole_log(&crowded.0.node.app.core, crowded.0.clinic.organization).await;
        assert_eq!(log.iter().filter(|event| event.what.message.is_some()).count(), stored.len());
        assert!(in_all.is_none_or(|in_all| stored.len() > in_all as usize));
        let cuts: usize = followers.iter().map(|(_, cuts)| cuts).sum();
        assert!(cuts as u64 >= SUBSCRIBERS, "only {cuts} cuts");
        for (follower, _) in followers {
            assert_eq!(follower.given, follower.watched.of(&log), "{:?}", follower.watched);
        }
    }
}
