//! Many come back at once, as after a deploy.

use std::sync::Arc;

use entity::{MessageKind, PersonId};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream;
use harness::laboratory::Laboratory;
use harness::{canary, on_both_databases, run};
use tidings::domain::event_log::{Position, bounds};
use tidings::domain::messages::{self, Draft};
use tidings::realtime::{Feed, InProcess, Item, Realtime, Topic};
use tokio::time::Instant;

const MESSAGES: usize = 300;
const SUBSCRIBERS: usize = 60;

/// How many events are read at once.
const BLOCK: usize = 128;

/// How far apart the positions are from which they come back.
const APART: usize = 4;

async fn write(laboratory: &Laboratory) {
    let author = &laboratory
        .viewer(PersonId::Patient(laboratory.patient))
        .await;
    let writing = stream::iter(0..MESSAGES).map(async |_| {
        let body = canary::message("missed");
        let draft = Draft::new(
            laboratory.conversation,
            MessageKind::Message,
            body,
            run::unique_name(),
        );
        messages::send(&laboratory.core, author, draft.unwrap())
            .await
            .unwrap();
    });
    // No more at once than may wait of one author.
    writing.buffer_unordered(32).collect::<()>().await;
}

/// Reads from a position to the head, with the content of everything, and gives the positions.
async fn catch_up(
    laboratory: &Laboratory,
    realtime: &Realtime,
    after: i64,
    head: Position,
) -> Vec<i64> {
    let topics = vec![Topic::Everybody];
    let feed = Feed::open(
        realtime,
        laboratory.organization,
        topics,
        Some(Position(after)),
    );
    let (mut feed, mut given) = (feed.await.unwrap(), Vec::new());
    while feed.position() < head {
        match feed.next().await.unwrap() {
            Some(Item::Occurrence(occurrence)) => {
                let content = occurrence.content(&laboratory.core).await.unwrap();
                assert!(content.message().is_some());
                given.push(occurrence.event.position.0);
            }
            Some(Item::Resync { .. }) | None => panic!("nothing is pruned and nothing stops"),
        }
    }
    given
}

on_both_databases! {
    /// Each comes back from another position. The log is read once for all of them, and so is what the messages say.
    async fn many_who_come_back_read_the_log_together(laboratory: &Laboratory) {
        write(laboratory).await;
        let core = &laboratory.core;
        let head = bounds(core.store.reader(), laboratory.organization).await.unwrap().head;
        let realtime = Realtime::start(core.clone(), Arc::new(InProcess::default()));
        let (before, began) = (core.store.statements(), Instant::now());
        let positions = (0..SUBSCRIBERS).map(|number| (number * APART) as i64);
        let given = join_all(positions.clone().map(|after| catch_up(laboratory, &realtime, after, head))).await;
        let taken = core.store.statements() - before;
        for (after, given) in positions.zip(given) {
            assert_eq!(given, (after + 1..=head.0).collect::<Vec<_>>());
        }
        // One for each to find its place. Then for each block one for its events, one for its messages and two for how the
        // conversations stand. And besides, a look at the head each second.
        let (places, blocks, looks) = (SUBSCRIBERS as u64, MESSAGES.div_ceil(BLOCK) as u64, began.elapsed().as_secs() + 2);
        assert!(taken <= places + 4 * blocks + looks, "{taken} statements for {SUBSCRIBERS} subscribers");
        realtime.stop().await;
    }
}
