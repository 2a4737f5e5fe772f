//! A subscriber that does not read.

use std::time::Duration;

use entity::{MessageKind, PersonId};
use futures_util::{StreamExt, stream};
use harness::patience::{PATIENCE, within};
use harness::{canary, on_both_databases, run};
use tidings::domain::core::Core;
use tidings::domain::messages::{self, Draft};
use tidings::domain::sessions::{self, AccessClaims};
use tidings::domain::viewer::Viewer;
use tidings::domain::{secret::Secret, sessions::verify_access_token};
use tokio::time::Instant;

use super::follower::{Follower, Parting, whole_log};
use super::ward::{self, Ward};

const ROUNDS: usize = 40;
const IN_A_ROUND: usize = 500;
const AT_ONCE: usize = 64;
const MOST_GROWTH: u64 = 64 * 1024;
/// Less than the messages by far, so that what is not read soon waits with the server.
const RECEIVE_BUFFER: u32 = 16 * 1024;

/// Kibibytes of memory that a process has.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let size = line.and_then(|line| line.split_whitespace().nth(1));
    size.unwrap().parse().unwrap()
}

async fn viewer(core: &Core, (_, token): &(PersonId, String)) -> Viewer {
    let claims: AccessClaims = verify_access_token(core, &Secret::new(token.clone())).unwrap();
    sessions::viewer(core, &claims).await.unwrap()
}

/// Stores messages from this process, many at once.
async fn write_many(core: &Core, author: &Viewer, ward: &Ward) {
    stream::iter(0..IN_A_ROUND)
        .for_each_concurrent(AT_ONCE, |number| async move {
            let body = canary::message(&"slow ".repeat(100 + number % 100));
            let draft = Draft::new(ward.chat, MessageKind::Message, body, run::unique_name());
            messages::send(core, author, draft.unwrap()).await.unwrap();
        })
        .await;
}

async fn read_to_the_end(mut follower: Follower) -> Follower {
    while follower.follow().await == Parting::Lost {}
    follower
}

on_both_databases! {
    /// 20,000 messages flow past a subscriber that has stopped reading. It costs little memory, another one is given all
    /// of them meanwhile, and in the end so is the slow one.
    async fn a_subscriber_that_does_not_read_costs_little_and_loses_nothing(ward: &Ward) {
        let pid = ward.server.lock().await.pid();
        let mut slow = ward.follower(&ward.nurses[0], true).await;
        let reading = tokio::spawn(read_to_the_end(ward.follower(&ward.nurses[1], true).await));
        let core = ward.core().await;
        let author = viewer(&core, &ward.paul).await;
        let bell = ward.writer(&ward.paul.1).await;
        let write_a_round = async |round: usize| {
            write_many(&core, &author, ward).await;
            // The server itself stores one, and so hears of those that another process has stored.
            bell.write(&canary::message(&round.to_string())).await;
            resident(pid)
        };

        // The first round fills caches and pools that stay the same however many messages follow. Nobody is slow yet, so
        // that what waits for the slow one counts from the first message on.
        let before = write_a_round(0).await;
        let mut unread = slow.open(Some(RECEIVE_BUFFER)).await.unwrap();
        let mut most = before;
        for round in 1..ROUNDS {
            most = most.max(write_a_round(round).await);
        }
        ward.last_words().await;
        let written = Instant::now();
        let fast = within(PATIENCE * 6, "the subscriber that reads", reading).await.unwrap();
        let behind = written.elapsed();
        most = most.max(resident(pid));
        assert!(behind < Duration::from_secs(60), "the subscriber that reads was {behind:?} behind");
        let growth = most.saturating_sub(before);
        assert!(growth < MOST_GROWTH, "the server grew by {growth} KiB");

        let log = whole_log(&core, ward.organization).await;
        assert!(log.len() >= ROUNDS * IN_A_ROUND);
        assert_eq!(fast.given, fast.watched.of(&log), "while the other has read nothing yet");

        if slow.read(&mut unread).await == Parting::Lost {
            slow = within(PATIENCE * 6, "the subscriber that has not read", read_to_the_end(slow)).await;
        }
        ward::close(core).await;
        assert_eq!(slow.given, slow.watched.of(&log));
    }
}
