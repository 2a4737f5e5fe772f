//! An event that is being handed out reaches those who come meanwhile.

use uuid::Uuid;

use super::*;
use crate::{
    domain::event_log::NewEvent,
    realtime::{blocks::BLOCK, mailbox::Taken},
};

const CLINIC: OrganizationId = OrganizationId(Uuid::nil());

fn event(position: i64) -> Arc<Occurrence> {
    let event = Event {
        organization: CLINIC,
        position: Position(position),
        at: chrono::DateTime::UNIX_EPOCH,
        what: NewEvent::new(EventKind::SettingsChanged),
    };
    Occurrence::page(vec![event]).remove(0)
}

/// A hub that has handed out the events up to `head`, and keeps them.
fn hub(head: i64) -> Arc<Organization> {
    let organization = Arc::new(Organization::new(CLINIC, Arc::default()));
    organization.start(Position(0));
    organization
        .blocks
        .add(CLINIC, Position(0), &[], Position(0));
    for position in 1..=head {
        organization.hand_out(&event(position));
    }
    organization
}

fn positions(stretch: Stretch) -> Vec<i64> {
    let positions = stretch.entries.iter().map(|o| o.event.position.0);
    positions.collect()
}

#[test]
fn who_registers_while_an_event_is_handed_out_is_given_it() {
    let (organization, newest) = (hub(3), event(4));
    organization.deliver(&newest);
    let late = organization.register(vec![Topic::Everybody]);
    assert!(matches!(late.mailbox.take(), Taken::Empty));
    assert!(
        organization.kept(Position(1)).is_none(),
        "the log is read instead"
    );
    organization.settle(&newest);
    let kept = organization.kept(Position(1)).unwrap();
    assert!(kept.is_last);
    assert_eq!(positions(kept), [2, 3, 4]);
}

#[test]
fn whose_mailbox_overflows_while_an_event_is_handed_out_is_given_it() {
    let organization = hub(0);
    let slow = organization.register(vec![Topic::Everybody]);
    let last = i64::from(BLOCK) + 1;
    organization
        .blocks
        .add(CLINIC, Position(0), &[], Position(0));
    for position in 1..last {
        organization.hand_out(&event(position));
    }
    // What follows begins a block, which somebody has asked for already.
    let next = Position(i64::from(BLOCK));
    organization.blocks.add(CLINIC, next, &[], next);
    organization.deliver(&event(last));
    assert!(matches!(slow.mailbox.take(), Taken::Overflowed));
    assert!(organization.kept(next).is_none(), "the log is read instead");
}

#[test]
fn what_a_node_has_not_read_is_read_from_the_log_by_all() {
    let organization = hub(3);
    let (place, session) = (
        organization.register(vec![Topic::Everybody]),
        organization.watch_session(
            entity::PersonId::Staff(entity::StaffId(Uuid::nil())),
            SessionId(Uuid::nil()),
        ),
    );
    organization.hand_out(&event(4));
    organization.skip(Position(50));
    assert!(matches!(place.mailbox.take(), Taken::Overflowed));
    assert!(organization.kept(Position(3)).is_none());
    assert_eq!(organization.access_changed(), Position(50));
    assert!(session.ended().is_cancelled());
    organization.hand_out(&event(51));
    assert!(matches!(place.mailbox.take(), Taken::Occurrence(o) if o.event.position.0 == 51));
}

/// Threads that come back again and again while events are handed out. What a thread does not find kept it reads from
/// the log, which holds each event before it is handed out.
#[test]
fn nobody_who_comes_back_misses_what_is_handed_out_meanwhile() {
    const EVENTS: i64 = 20_000;
    let (organization, logged) = (hub(0), AtomicI64::new(0));
    let come_back = || {
        let mut rounds = 0;
        while logged.load(Ordering::Acquire) < EVENTS {
            let place = organization.register(vec![Topic::Everybody]);
            let after = Position((logged.load(Ordering::Acquire) - 2).max(0));
            let mut last = after;
            loop {
                let stretch = organization.kept(last).unwrap_or_else(|| {
                    let head = logged.load(Ordering::Acquire);
                    let start = Position(last.0 - last.0 % i64::from(BLOCK));
                    let end = head.min(start.0 + i64::from(BLOCK));
                    let read: Vec<_> = (start.0 + 1..=end).map(|p| event(p).entry()).collect();
                    let stretch = organization.blocks.add(CLINIC, start, &read, last);
                    let is_last = end == head;
                    Stretch { is_last, ..stretch }
                });
                last = stretch.entries.last().map_or(last, |o| o.event.position);
                if stretch.is_last {
                    break;
                }
            }
            // The next that comes to the mailbox follows on what was read.
            while let Taken::Occurrence(occurrence) = place.mailbox.take() {
                let position = occurrence.event.position;
                assert!(position <= last.next(), "{position:?} comes after {last:?}");
                last = last.max(position);
            }
            rounds += 1;
        }
        rounds
    };
    std::thread::scope(|scope| {
        let returning = [(); 3].map(|()| scope.spawn(come_back));
        for position in 1..=EVENTS {
            logged.store(position, Ordering::Release);
            organization.hand_out(&event(position));
        }
        for one in returning {
            assert!(one.join().unwrap() > 0);
        }
    });
}
