//! Readers of the log who have fallen behind: what they are told, what they hold on to, and what they leave behind.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{EventKind, MessageKind, PersonId, SessionId};
use futures_util::FutureExt;
use futures_util::future::join_all;
use harness::laboratory::{Laboratory, moment};
use harness::patience::{PATIENCE, until, within};
use harness::{canary, on_both_databases, run};
use tidings::domain::event_log::{Change, NewEvent, Position, prune};
use tidings::domain::messages::{self, Draft};
use tidings::realtime::{Feed, InProcess, Item, Occurrence, Realtime, ResyncReason, Topic};
use tokio::task::unconstrained;
use uuid::Uuid;

/// How many events are read for those who come back at once.
const BLOCK: usize = 128;
const BLOCKS: usize = 40;

fn start(laboratory: &Laboratory) -> Realtime {
    Realtime::start(laboratory.core.clone(), Arc::new(InProcess::default()))
}

/// Adds events to the log, of which the live side is told nothing; gives its head.
async fn grow(laboratory: &Laboratory, by: usize) -> Position {
    let change = Change::begin(&laboratory.core, laboratory.organization);
    let mut change = change.await.unwrap();
    for _ in 0..by {
        change.record(NewEvent::new(EventKind::SettingsChanged));
    }
    change.commit().await.unwrap()
}

async fn feed(laboratory: &Laboratory, realtime: &Realtime, after: usize) -> Feed {
    let after = Some(Position(i64::try_from(after).unwrap()));
    let topics = vec![
        Topic::Everybody,
        Topic::Conversation(laboratory.conversation),
    ];
    Feed::open(realtime, laboratory.organization, topics, after)
        .await
        .unwrap()
}

async fn occurrence(feed: &mut Feed) -> Arc<Occurrence> {
    match within(PATIENCE, "an event", feed.next()).await.unwrap() {
        Some(Item::Occurrence(occurrence)) => occurrence,
        Some(Item::Resync { .. }) | None => panic!("nothing is pruned and nothing stops"),
    }
}

/// Reads on to a position; whatever is left out must be told before.
async fn read_to(feed: &mut Feed, head: Position) {
    while feed.position() < head {
        let expected = feed.position().next();
        match within(PATIENCE, "a word", feed.next()).await.unwrap() {
            Some(Item::Occurrence(occurrence)) => assert_eq!(occurrence.event.position, expected),
            Some(Item::Resync { position, reason }) => {
                assert_eq!((position, reason), (head, ResyncReason::Pruned));
            }
            None => panic!("nothing stops"),
        }
    }
}

on_both_databases! {
    /// A node was away for so long that events were pruned before it read them. Whoever it serves is told, whether they
    /// followed live or had read only a part of what is kept; and as sessions may have ended there, all are asked for again.
    async fn what_is_pruned_before_a_node_reads_it_is_told(laboratory: &Laboratory) {
        let (realtime, organization) = (start(laboratory), laboratory.organization);
        let read = grow(laboratory, 3).await;
        let mut live = feed(laboratory, &realtime, 0).await;
        read_to(&mut live, read).await;
        let mut late = feed(laboratory, &realtime, 2).await;
        let mut last = feed(laboratory, &realtime, 2).await;
        let session = SessionId(Uuid::nil());
        let session = realtime.watch_session(organization, PersonId::Patient(laboratory.patient), session).await.unwrap();

        let through = grow(laboratory, 47).await;
        let later = moment() + TimeDelta::days(1);
        let most = u32::try_from(through.0).unwrap();
        assert_eq!(prune(&laboratory.core, organization, later, most).await.unwrap(), 50);
        let head = grow(laboratory, 3).await;
        realtime.ring(organization, head);
        for feed in [&mut live, &mut late, &mut last] {
            read_to(feed, head).await;
            assert!(feed.must_check());
        }
        within(PATIENCE, "the end of the session", session.ended().cancelled()).await;
        realtime.stop().await;
    }

    /// Many come and are gone before their turn to have the log read for them. It is not read for nobody.
    async fn who_comes_and_goes_leaves_no_readings_behind(laboratory: &Laboratory) {
        let realtime = start(laboratory);
        for _ in 0..BLOCKS / 10 {
            grow(laboratory, 10 * BLOCK).await;
        }
        let coming = (0..BLOCKS).map(|block| feed(laboratory, &realtime, block * BLOCK));
        let mut feeds = join_all(coming).await;
        for feed in &mut feeds {
            assert!(feed.next().now_or_never().is_none());
        }
        let before = laboratory.core.store.statements();
        drop(feeds);
        occurrence(&mut feed(laboratory, &realtime, 1).await).await;
        let taken = laboratory.core.store.statements() - before;
        assert!(taken < 10, "{taken} statements");
        realtime.stop().await;
    }

    /// What is kept needs no waiting for the database. Whoever goes a long way through it lets others go first all the same.
    async fn who_has_far_to_go_lets_others_go_first(laboratory: &Laboratory) {
        let (realtime, head) = (start(laboratory), grow(laboratory, 10 * BLOCK).await);
        read_to(&mut feed(laboratory, &realtime, 0).await, head).await;
        let mut again = feed(laboratory, &realtime, 0).await;
        let (mut reading, mut pauses) = (Box::pin(unconstrained(read_to(&mut again, head))), 0);
        while futures_util::poll!(&mut reading).is_pending() {
            pauses += 1;
            tokio::task::yield_now().await;
        }
        assert!(pauses >= 10, "{pauses} pauses");
        drop(reading);
        realtime.stop().await;
    }

    /// Two messages are read together. Whoever has yet to take the first does not keep the second in memory.
    async fn who_is_slow_holds_on_to_their_own_messages_only(laboratory: &Laboratory) {
        let realtime = start(laboratory);
        let mut feed = feed(laboratory, &realtime, 0).await;
        let author = laboratory.viewer(PersonId::Patient(laboratory.patient)).await;
        let mut head = feed.position();
        for text in ["first", "second"] {
            let body = canary::message(text);
            let draft = Draft::new(laboratory.conversation, MessageKind::Message, body, run::unique_name());
            let sent = messages::send(&laboratory.core, &author, draft.unwrap()).await.unwrap();
            head = Position(sent.message.position);
        }
        realtime.ring(laboratory.organization, head);
        let (first, second) = (occurrence(&mut feed).await, occurrence(&mut feed).await);
        let content = second.content(&laboratory.core).await.unwrap();
        let message = Arc::downgrade(content.message().unwrap());
        drop((content, second));
        until(PATIENCE, "the message to go", async || message.upgrade().is_none().then_some(())).await;
        assert!(first.content(&laboratory.core).await.unwrap().message().is_some());
        realtime.stop().await;
    }
}
