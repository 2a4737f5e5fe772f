//! What is kept of the logs: whole, shared and bounded.

use entity::EventKind;
use uuid::Uuid;

use super::*;
use crate::domain::event_log::{Event, NewEvent};

const CLINIC: OrganizationId = OrganizationId(Uuid::nil());

fn events_of(organization: OrganizationId, positions: std::ops::RangeInclusive<i64>) -> Vec<Entry> {
    let event = |position| Event {
        organization,
        position: Position(position),
        at: chrono::DateTime::UNIX_EPOCH,
        what: NewEvent::new(EventKind::SettingsChanged),
    };
    Entry::page(positions.map(event).collect())
}

fn events(positions: std::ops::RangeInclusive<i64>) -> Vec<Entry> {
    events_of(CLINIC, positions)
}

fn positions(stretch: &Stretch) -> Vec<i64> {
    let positions = stretch.entries.iter().map(|e| e.event.position.0);
    positions.collect()
}

fn found(blocks: &Blocks, after: i64, reached: i64) -> Option<(Vec<i64>, bool)> {
    let stretch = blocks.find(CLINIC, Position(after), Position(reached))?;
    Some((positions(&stretch), stretch.is_last))
}

#[test]
fn a_block_is_shared_by_all_positions_in_it() {
    let blocks = Blocks::default();
    blocks.add(CLINIC, Position(128), &events(129..=256), Position(130));
    assert_eq!(found(&blocks, 253, 900), Some((vec![254, 255, 256], false)));
    assert_eq!(found(&blocks, 128, 900).unwrap().0.len(), 128);
    assert_eq!(found(&blocks, 256, 900), None);
    assert_eq!(found(&blocks, 127, 900), None);
}

#[test]
fn a_block_at_the_end_grows_with_what_is_handed_out() {
    let blocks = Blocks::default();
    blocks.add(CLINIC, Position(0), &events(1..=3), Position(0));
    assert_eq!(found(&blocks, 1, 3), Some((vec![2, 3], true)));
    assert_eq!(found(&blocks, 1, 5), None, "it does not reach so far");
    for entry in events(4..=5).into_iter().chain(events(5..=5)) {
        blocks.append(entry);
    }
    assert_eq!(found(&blocks, 3, 5), Some((vec![4, 5], true)));
    blocks.append(events(7..=7).remove(0));
    assert_eq!(found(&blocks, 3, 5), Some((vec![4, 5], true)), "no gaps");
}

#[test]
fn a_block_that_is_dropped_while_its_rest_is_read_has_no_hole() {
    let blocks = Blocks::default();
    blocks.add(CLINIC, Position(0), &events(1..=3), Position(0));
    let mut entries = blocks.known(CLINIC, Position(0));
    for _ in 0..=IDLE_LOOKS {
        blocks.age();
    }
    assert_eq!(found(&blocks, 0, 3), None);
    entries.extend(events(4..=5));
    let stretch = blocks.add(CLINIC, Position(0), &entries, Position(1));
    assert_eq!(positions(&stretch), [2, 3, 4, 5]);
    assert_eq!(found(&blocks, 0, 5), Some((vec![1, 2, 3, 4, 5], true)));
}

#[test]
fn what_nobody_asks_for_is_dropped() {
    let blocks = Blocks::default();
    for start in [0, 128] {
        let read = events(start + 1..=start + 128);
        blocks.add(CLINIC, Position(start), &read, Position(start));
    }
    for _ in 0..IDLE_LOOKS {
        blocks.age();
    }
    assert!(found(&blocks, 128, 0).is_some());
    blocks.age();
    assert_eq!(blocks.kept().blocks.len(), 1);
}

#[test]
fn all_organizations_together_keep_so_much_and_the_oldest_goes_first() {
    let of = |number| OrganizationId(Uuid::from_u128(number));
    let keep = |blocks: &Blocks, number| {
        let read = events_of(of(number), 1..=128);
        blocks.add(of(number), Position(0), &read, Position(0));
    };
    let alone = Blocks::default();
    keep(&alone, 1);
    let block = alone.kept().bytes;
    let blocks = Blocks::holding(3 * block);
    (1..=3).for_each(|number| keep(&blocks, number));
    let is_kept = |number| {
        blocks
            .find(of(number), Position(0), Position(128))
            .is_some()
    };
    assert!(is_kept(1), "and it is used once more");
    keep(&blocks, 4);
    assert_eq!([1, 2, 3, 4].map(is_kept), [true, false, true, true]);
    assert_eq!(blocks.kept().bytes, 3 * block);
}
