//! The log: the order of positions is the order of commits, so that whoever has seen *n* has seen everything up to *n*.

use entity::{EventKind, PersonId};
use harness::laboratory::Laboratory;
use harness::on_both_databases;
use harness::patience::{PATIENCE, within};
use sea_orm::{ConnectionTrait, Statement};
use tidings::domain::event_log::{Change, NewEvent, Position, bounds, prune, read_page};

async fn append_one(core: &tidings::domain::core::Core, laboratory: &Laboratory) -> Position {
    let mut change = Change::begin(core, laboratory.organization).await.unwrap();
    change.record(
        NewEvent::new(EventKind::SettingsChanged).by(PersonId::Staff(laboratory.nurses[0])),
    );
    change.commit().await.unwrap()
}

async fn positions_after(laboratory: &Laboratory, after: Position) -> Vec<i64> {
    let page = read_page(&laboratory.core, laboratory.organization, after, 1000)
        .await
        .unwrap();
    page.iter().map(|event| event.position.0).collect()
}

on_both_databases! {
    /// The worst overlap: the first transaction has its position and stays open while a second one, of another node,
    /// wants to commit. A resuming client reads before, between and after, and misses neither.
    async fn a_later_transaction_cannot_overtake_an_open_one(laboratory: &Laboratory) {
        let first = laboratory.core.store.begin().await.unwrap();
        let organization = laboratory.organization;
        let take = "update event_log set head = head + 1 where organization_id = $1 returning head";
        let write = "insert into event (organization_id, position, kind, audience, created_at) values ($1, $2, 'SETTINGS_CHANGED', $3, $4)";
        let statement = |text: &str, values: Vec<sea_orm::Value>| {
            Statement::from_sql_and_values(laboratory.core.store.backend(), text, values)
        };
        let row = first.query_one_raw(statement(take, vec![organization.into()])).await.unwrap().unwrap();
        let position: i64 = row.try_get_by_index(0).unwrap();
        let values = vec![organization.into(), position.into(), Vec::<u8>::new().into(), harness::laboratory::moment().into()];
        first.execute_raw(statement(write, values)).await.unwrap();

        let other_node = laboratory.second_node().await;
        let mut second = Box::pin(append_one(&other_node, laboratory));
        let early = tokio::select! {
            position = &mut second => Some(position),
            seen = positions_after(laboratory, Position(0)) => { assert!(seen.is_empty(), "{seen:?}"); None }
        };
        assert_eq!(early, None, "the second transaction committed while the first held the log");
        first.commit().await.unwrap();
        let later = within(PATIENCE, "the second transaction", second).await;

        assert_eq!((position, later), (1, Position(2)));
        assert_eq!(positions_after(laboratory, Position(0)).await, [1, 2]);
        other_node.store.close().await;
    }

    /// Many writers of two nodes at once; a reader that follows the log sees every position, in order, without a gap.
    async fn a_follower_never_sees_a_gap(laboratory: &Laboratory) {
        let other_node = laboratory.second_node().await;
        let writers = futures_util::future::join_all((0..12).map(|number| {
            let core = if number % 2 == 0 { &laboratory.core } else { &other_node };
            async move {
                for _ in 0..20 {
                    append_one(core, laboratory).await;
                }
            }
        }));
        let follower = async {
            let mut last = Position(0);
            while last < Position(240) {
                for position in positions_after(laboratory, last).await {
                    assert_eq!(position, last.0 + 1, "the follower met a gap");
                    last = Position(position);
                }
                tokio::task::yield_now().await;
            }
        };
        within(PATIENCE * 6, "the follower", async { tokio::join!(writers, follower) }).await;
        other_node.store.close().await;
    }

    /// A change that is not committed leaves no trace and no gap.
    async fn a_change_that_is_dropped_takes_no_position(laboratory: &Laboratory) {
        let mut change = Change::begin(&laboratory.core, laboratory.organization).await.unwrap();
        change.record(NewEvent::new(EventKind::SettingsChanged));
        drop(change);
        assert_eq!(append_one(&laboratory.core, laboratory).await, Position(1));
    }

    /// Pruning takes the oldest events and says how far it went.
    async fn pruning_says_how_far_it_went(laboratory: &Laboratory) {
        for _ in 0..5 {
            append_one(&laboratory.core, laboratory).await;
        }
        let later = harness::laboratory::moment() + chrono::TimeDelta::days(1);
        assert_eq!(prune(&laboratory.core, laboratory.organization, later, 3).await.unwrap(), 3);
        let reader = laboratory.core.store.reader();
        let kept = bounds(reader, laboratory.organization).await.unwrap();
        assert_eq!((kept.pruned_through, kept.head), (Position(3), Position(5)));
        assert_eq!(positions_after(laboratory, Position(0)).await, [4, 5]);
        let earlier = harness::laboratory::moment() - chrono::TimeDelta::days(1);
        assert_eq!(prune(&laboratory.core, laboratory.organization, earlier, 3).await.unwrap(), 0);
    }
}
