//! How often others are told what one person does in one conversation.
//!
//! Somebody whose connection comes and goes, or a client that reports each key, must not make a storm for everybody who
//! has the conversation open. What a person does is told at once when nothing was told of them lately. Otherwise it waits
//! for the rest of a short interval, and the newest replaces what waits, so that what is told last is what is true.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use entity::{ConversationId, OrganizationId, PersonId};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use super::{Realtime, SignalKind, broker::Signal};

/// The shortest time between two signals of one person about one thing in one conversation.
pub(super) const INTERVAL: Duration = Duration::from_millis(500);

/// The most that is remembered. What is new beyond it is not told: whoever is there is told of again soon enough.
const MOST: usize = 4096;

#[derive(Default)]
pub(super) struct Pace {
    told: Mutex<HashMap<Subject, Told>>,
    begun: Notify,
}

/// Of what is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Subject {
    pub(super) organization: OrganizationId,
    pub(super) conversation: ConversationId,
    pub(super) person: PersonId,
    about: About,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum About {
    Typing,
    Presence,
}

struct Told {
    at: Instant,
    waiting: Option<SignalKind>,
}

impl Subject {
    pub(super) fn new(
        organization: OrganizationId,
        conversation: ConversationId,
        person: PersonId,
        kind: SignalKind,
    ) -> Self {
        Self {
            organization,
            conversation,
            person,
            about: match kind {
                SignalKind::Typing | SignalKind::StoppedTyping => About::Typing,
                SignalKind::Came | SignalKind::Here | SignalKind::Left => About::Presence,
            },
        }
    }

    fn signal(self, kind: SignalKind) -> Signal {
        Signal::Person {
            organization: self.organization,
            conversation: self.conversation,
            person: self.person,
            kind,
        }
    }
}

impl Pace {
    /// What to tell now, if anything.
    pub(super) fn tell(&self, subject: Subject, kind: SignalKind, now: Instant) -> Option<Signal> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered = told.len();
        if let Some(last) = told.get_mut(&subject) {
            let kind = newest(last.waiting, kind);
            if now.duration_since(last.at) < INTERVAL {
                last.waiting = Some(kind);
                return None;
            }
            *last = Told {
                at: now,
                waiting: None,
            };
            return Some(subject.signal(kind));
        }
        if remembered >= MOST {
            return None;
        }
        let first = Told {
            at: now,
            waiting: None,
        };
        told.insert(subject, first);
        drop(told);
        self.begun.notify_one();
        Some(subject.signal(kind))
    }

    /// What has waited long enough. Forgets whoever did nothing more.
    fn due(&self, now: Instant) -> Vec<Signal> {
        let mut due = Vec::new();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|subject, last| {
            if now.duration_since(last.at) < INTERVAL {
                return true;
            }
            let Some(kind) = last.waiting.take() else {
                return false;
            };
            last.at = now;
            due.push(subject.signal(kind));
            true
        });
        due
    }

    fn is_idle(&self) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.is_empty()
    }
}

/// What is worth telling when there are two things to tell: the later one, except that who comes and is there comes.
fn newest(waiting: Option<SignalKind>, kind: SignalKind) -> SignalKind {
    match (waiting, kind) {
        (Some(SignalKind::Came), SignalKind::Here) => SignalKind::Came,
        (_, kind) => kind,
    }
}

/// Tells what waits. It rests while nobody does anything.
pub(super) async fn keep(realtime: Realtime) {
    let telling = async {
        loop {
            realtime.0.pace.begun.notified().await;
            while !realtime.0.pace.is_idle() {
                sleep(INTERVAL).await;
                for signal in realtime.0.pace.due(Instant::now()) {
                    realtime.announce(signal);
                }
            }
        }
    };
    tokio::select! {
        () = telling => {}
        () = realtime.0.stop.cancelled() => {}
    }
}

#[cfg(test)]
mod tests {
    use entity::StaffId;
    use uuid::Uuid;

    use super::*;

    fn subject(person: u128, kind: SignalKind) -> Subject {
        Subject::new(
            OrganizationId(Uuid::nil()),
            ConversationId(Uuid::nil()),
            PersonId::Staff(StaffId(Uuid::from_u128(person))),
            kind,
        )
    }

    fn tell(pace: &Pace, kind: SignalKind, now: Instant) -> Option<Signal> {
        pace.tell(subject(1, kind), kind, now)
    }

    fn told(kind: SignalKind) -> Signal {
        subject(1, kind).signal(kind)
    }

    #[test]
    fn the_first_is_told_at_once_and_then_only_the_newest() {
        let (pace, start) = (Pace::default(), Instant::now());
        let came = tell(&pace, SignalKind::Came, start);
        assert_eq!(came, Some(told(SignalKind::Came)));
        for _ in 0..100 {
            for kind in [SignalKind::Left, SignalKind::Came, SignalKind::Here] {
                assert_eq!(tell(&pace, kind, start), None);
            }
        }
        assert_eq!(pace.due(start), []);
        assert_eq!(pace.due(start + INTERVAL), [told(SignalKind::Came)]);
        assert_eq!(pace.due(start + 2 * INTERVAL), []);
        assert!(pace.is_idle());
    }

    #[test]
    fn typing_does_not_wait_for_presence() {
        let (pace, start) = (Pace::default(), Instant::now());
        for kind in [SignalKind::Came, SignalKind::Typing] {
            assert_eq!(tell(&pace, kind, start), Some(told(kind)));
        }
        assert_eq!(tell(&pace, SignalKind::StoppedTyping, start), None);
        assert_eq!(
            tell(&pace, SignalKind::Typing, start + INTERVAL),
            Some(told(SignalKind::Typing))
        );
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (pace, start) = (Pace::default(), Instant::now());
        let say = |person| pace.tell(subject(person, SignalKind::Here), SignalKind::Here, start);
        assert!((0..MOST as u128).all(|person| say(person).is_some()));
        assert_eq!(say(MOST as u128), None);
    }
}
