//! One subscriber's view of the log: what it has missed, then what happens, with no gap at the seam.
//!
//! A feed registers with the hub first, then reads the log from where its subscriber left off to the end, then takes what
//! the hub has put into its mailbox meanwhile, leaving out what it has already given. When the mailbox overflows, it reads
//! the log again. So live delivery and resuming are the same thing.

use std::{collections::VecDeque, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use entity::OrganizationId;

use super::{
    Occurrence, Realtime, Topic, batch::Entry, blocks::Stretch, mailbox::Taken,
    registration::Registration, standing::Moment, topic::changes_access,
};
use crate::domain::{
    core::Core,
    event_log::{self, Bounds, Position},
    fault::Fault,
};

/// How much the clocks of nodes may differ.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(5);

/// What a feed gives.
pub enum Item {
    /// An event, in order, each exactly once.
    Occurrence(Arc<Occurrence>),
    /// The log cannot tell what was missed: fetch everything again; the feed goes on after `position`.
    Resync {
        /// From here on nothing is missed.
        position: Position,
        /// Why.
        reason: ResyncReason,
    },
}

/// Why a subscriber must fetch everything again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResyncReason {
    /// The events after the given position were pruned.
    Pruned,
    /// The given position is ahead of the log, as after a restore from a backup.
    AheadOfLog,
}

/// A subscriber's view of an organization's log.
pub struct Feed {
    realtime: Realtime,
    registration: Registration,
    /// Everything up to here was given or does not concern the subscriber.
    last: Position,
    /// Events that were read from the log and not given yet.
    read: VecDeque<Entry>,
    /// What is told of their conversations is not older than this.
    moment: Moment,
    /// The head of the log when the subscriber came.
    opened: Position,
    /// Whether the log must be read before the mailbox.
    behind: bool,
    /// Whom an event concerns is read in its transaction, which takes its position at the end. What began before this may
    /// have been decided before a change of access that stands in the log before it.
    doubted: DateTime<Utc>,
    /// Told before anything else.
    resync: Option<ResyncReason>,
    /// Up to which change of access the subscriber was checked.
    checked: Option<Position>,
}

impl Feed {
    /// Begins after a position, or with what happens from now on. One statement.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn open(
        realtime: &Realtime,
        organization: OrganizationId,
        topics: Vec<Topic>,
        after: Option<Position>,
    ) -> Result<Self, Fault> {
        let registration = realtime.organization(organization).register(topics);
        registration.organization.started().await?;
        let bounds = event_log::bounds(realtime.0.core.store.reader(), organization).await?;
        let (last, resync) = match after {
            None => (bounds.head, None),
            Some(after) if after < bounds.pruned_through => {
                (bounds.head, Some(ResyncReason::Pruned))
            }
            Some(after) if after > bounds.head => (bounds.head, Some(ResyncReason::AheadOfLog)),
            Some(after) => (after, None),
        };
        let behind = last < bounds.head || last < registration.organization.head();
        Ok(Self {
            realtime: realtime.clone(),
            registration,
            last,
            read: VecDeque::new(),
            moment: Moment::default(),
            opened: bounds.head,
            behind,
            doubted: doubted(realtime),
            resync,
            checked: None,
        })
    }

    /// The surroundings that it reads with.
    #[must_use]
    pub fn core(&self) -> &Core {
        &self.realtime.0.core
    }

    /// Where the feed stands: whoever continues after this position misses nothing.
    #[must_use]
    pub fn position(&self) -> Position {
        self.last
    }

    /// Whether access may have changed since the subscriber was checked last. Asking counts as checking.
    pub fn must_check(&mut self) -> bool {
        let changed = self.registration.organization.access_changed();
        let must_check = self.checked.is_none_or(|checked| changed > checked);
        self.checked = Some(changed);
        must_check
    }

    /// Up to which change of access the subscriber was checked.
    #[must_use]
    pub fn checked(&self) -> Option<Position> {
        self.checked
    }

    /// Whether an event may have been decided before a change of access, so that its audience may be outdated.
    #[must_use]
    pub fn is_outdated(&self, occurrence: &Occurrence) -> bool {
        let event = &occurrence.event;
        event.position < self.registration.organization.access_changed() || event.at <= self.doubted
    }

    /// The next item, or none when the node stops. It can be dropped and called again without losing anything.
    ///
    /// # Errors
    /// When the log cannot be read; calling again goes on where it failed.
    pub async fn next(&mut self) -> Result<Option<Item>, Fault> {
        loop {
            if let Some(reason) = self.resync.take() {
                return Ok(Some(Item::Resync {
                    position: self.last,
                    reason,
                }));
            }
            if let Some(entry) = self.read.pop_front() {
                return Ok(Some(self.give(entry.at(&self.moment).into())));
            }
            if self.behind {
                // In a box of its own, since a feed spends its life waiting for the mailbox.
                Box::pin(self.read_log()).await?;
                continue;
            }
            let head = self.registration.organization.head();
            match self.registration.mailbox.take() {
                Taken::Occurrence(occurrence) if occurrence.event.position <= self.last => {}
                Taken::Occurrence(occurrence) => return Ok(Some(self.give(occurrence))),
                Taken::Overflowed => self.behind = true,
                Taken::Closed => return Ok(None),
                Taken::Empty => {
                    self.last = self.last.max(head);
                    self.registration.mailbox.arrived().await;
                }
            }
        }
    }

    /// Reads on. What others have read lately is not read again; see [`super::blocks`].
    async fn read_log(&mut self) -> Result<(), Fault> {
        let organization = &self.registration.organization;
        let stretch = self.realtime.stretch(organization, self.last);
        let Stretch {
            mut entries,
            is_last,
            desk,
        } = stretch.await?;
        let follows = |(entry, position): &(&Entry, _)| entry.event.position == *position;
        let expected = (self.last.next().0..).map(Position);
        let unbroken = entries.iter().zip(expected).take_while(follows).count();
        let gap = match entries.is_empty() {
            // The end of the log, or all that was left of it was pruned since the reader fell behind.
            true => self.bounds().await?.pruned_through > self.last,
            false => unbroken == 0,
        };
        if gap {
            self.last = self.bounds().await?.head;
            self.resync = Some(ResyncReason::Pruned);
            self.doubted = doubted(&self.realtime);
            return Ok(());
        }
        self.behind = unbroken < entries.len() || (unbroken > 0 && !is_last);
        entries.truncate(unbroken);
        // The reader can be ahead of the hub, which would tell it of changes of access otherwise.
        for entry in &entries {
            organization.note_access(&entry.event);
        }
        let newest = entries.last().map_or(self.last, |e| e.event.position);
        self.moment = desk.ask(newest.max(self.opened).max(organization.wanted()));
        self.read.extend(entries);
        Ok(())
    }

    /// Gives an event. What was loaded for others before access changed tells nothing about access.
    fn give(&mut self, occurrence: Arc<Occurrence>) -> Item {
        let (event, organization) = (&occurrence.event, &self.registration.organization);
        self.last = event.position;
        if changes_access(event.what.kind) {
            self.doubted = doubted(&self.realtime);
        }
        let access_changed = organization.access_changed();
        Item::Occurrence(match event.position < access_changed {
            true => Arc::new(occurrence.since(access_changed)),
            false => occurrence,
        })
    }

    async fn bounds(&self) -> Result<Bounds, Fault> {
        let reader = self.realtime.0.core.store.reader();
        event_log::bounds(reader, self.registration.organization.id).await
    }
}

/// Until when what begins may have been decided before a change of access that a feed knows of now.
fn doubted(realtime: &Realtime) -> DateTime<Utc> {
    realtime.0.core.clock.now() + CLOCKS_DIFFER
}
