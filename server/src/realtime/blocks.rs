//! Parts of the log that were read for those who came back, shared by all of them.
//!
//! After a deploy every client comes back at once, each from a position of its own. The log is therefore read in blocks
//! that begin at fixed positions, one reading at a time for an organization and a few at a time for the node, and a block
//! is kept as long as somebody keeps asking for it. What it costs to catch everybody up is so the number of blocks
//! since the earliest of their positions, each read once and its content loaded once, and not that for each of them. Whoever
//! comes back alone pays with at most 127 events too many.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Occurrence, Realtime, organization::Organization};
use crate::domain::{
    event_log::{self, Position},
    fault::Fault,
};

/// How many positions a block spans.
pub(super) const BLOCK: u32 = 128;
/// The most blocks that are kept of an organization.
const MOST_BLOCKS: usize = 32;
/// The most that they may hold: beyond it the ones that were not used for longest are dropped.
const MOST_BYTES: usize = 16 << 20;
/// After how many looks at the heads of the logs a block that nobody has asked for is dropped.
const IDLE_LOOKS: u32 = 10;

/// The blocks of one organization.
#[derive(Default)]
pub(super) struct Blocks {
    /// The one that was used last stands last.
    kept: Mutex<VecDeque<Block>>,
    /// Held while the log is read: whoever waits for it finds what was read.
    reading: tokio::sync::Mutex<()>,
}

/// The events after `start`, as far as they are known and at most [`BLOCK`] of them.
struct Block {
    start: Position,
    occurrences: Vec<Arc<Occurrence>>,
    idle: u32,
}

/// What follows a position.
pub(super) struct Stretch {
    /// The events, in order.
    pub(super) occurrences: Vec<Arc<Occurrence>>,
    /// Whether whatever comes after them was not handed out yet when they were looked up.
    pub(super) is_last: bool,
}

impl Block {
    fn new(start: Position) -> Self {
        Self {
            start,
            occurrences: Vec::new(),
            idle: 0,
        }
    }

    fn end(&self) -> Position {
        self.occurrences
            .last()
            .map_or(self.start, |last| last.event.position)
    }

    fn is_full(&self) -> bool {
        self.end() == limit_of(self.start)
    }

    fn bytes(&self) -> usize {
        self.occurrences.iter().map(|o| o.bytes()).sum()
    }

    fn stretch(&self, after: Position) -> Stretch {
        let later = |o: &&Arc<Occurrence>| o.event.position > after;
        Stretch {
            occurrences: self.occurrences.iter().filter(later).cloned().collect(),
            is_last: !self.is_full(),
        }
    }
}

impl Realtime {
    /// What follows a position in an organization's log, up to the end of its block. One statement, unless the block is
    /// kept.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) async fn stretch(
        &self,
        organization: &Arc<Organization>,
        after: Position,
    ) -> Result<Stretch, Fault> {
        if let Some(found) = organization.kept(after) {
            return Ok(found);
        }
        // A task of its own: a subscriber who is not asked to go on must not keep the others waiting.
        let reading = read(self.clone(), Arc::clone(organization), after);
        let read = self.0.tasks.spawn(reading).await;
        read.unwrap_or(Err(Fault::Stopping))
    }
}

/// Reads a block, when nobody else reads this log and when it is the node's turn.
async fn read(
    realtime: Realtime,
    organization: Arc<Organization>,
    after: Position,
) -> Result<Stretch, Fault> {
    let Organization { blocks, id, .. } = &*organization;
    let _alone = blocks.reading.lock().await;
    if let Some(found) = organization.kept(after) {
        return Ok(found);
    }
    let turn = realtime.0.catch_ups.acquire().await;
    let _turn = turn.map_err(|_| Fault::Stopping)?;
    let start = start_of(after);
    let known = blocks.known(start);
    let wanted = BLOCK.saturating_sub(u32::try_from(known.0 - start.0).unwrap_or(BLOCK));
    let mut events = event_log::read_page(&realtime.0.core, *id, known, wanted).await?;
    let is_last = events.len() < wanted as usize;
    // Where the beginning of the block was pruned, what was read reaches into the next one.
    events.retain(|event| event.position <= limit_of(start));
    let stretch = blocks.add(start, &Occurrence::page(events), after);
    Ok(Stretch { is_last, ..stretch })
}

impl Blocks {
    /// Adds an event that is being handed out to the block that it follows on, if that is kept. So a block at the end of
    /// the log is not read again for each event that is added meanwhile.
    pub(super) fn append(&self, occurrence: &Arc<Occurrence>) {
        let before = Position(occurrence.event.position.0 - 1);
        if let Some(block) = find(&mut self.kept(), start_of(before))
            && block.end() == before
        {
            block.occurrences.push(Arc::clone(occurrence));
        }
    }

    /// Drops what nobody has asked for lately.
    pub(super) fn age(&self) {
        let mut kept = self.kept();
        for block in kept.iter_mut() {
            block.idle += 1;
        }
        kept.retain(|block| block.idle <= IDLE_LOOKS);
        trim(&mut kept);
    }

    /// What is kept, if it reaches as far as it can: to its own end, or to that of what was handed out or is being handed
    /// out.
    pub(super) fn find(&self, after: Position, reached: Position) -> Option<Stretch> {
        let mut kept = self.kept();
        let at = kept.iter().position(|b| b.start == start_of(after))?;
        if !kept[at].is_full() && kept[at].end() < reached {
            return None;
        }
        let mut block = kept.remove(at)?;
        block.idle = 0;
        let stretch = block.stretch(after);
        kept.push_back(block);
        Some(stretch)
    }

    fn known(&self, start: Position) -> Position {
        find(&mut self.kept(), start).map_or(start, |block| block.end())
    }

    /// Adds what was read, except for what was appended meanwhile.
    pub(super) fn add(
        &self,
        start: Position,
        read: &[Arc<Occurrence>],
        after: Position,
    ) -> Stretch {
        let mut kept = self.kept();
        let at = kept.iter().position(|block| block.start == start);
        let mut block = at
            .and_then(|at| kept.remove(at))
            .unwrap_or_else(|| Block::new(start));
        block.idle = 0;
        let end = block.end();
        let new = read.iter().filter(|o| o.event.position > end);
        block.occurrences.extend(new.cloned());
        let stretch = block.stretch(after);
        kept.push_back(block);
        trim(&mut kept);
        stretch
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Block>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(kept: &mut VecDeque<Block>, start: Position) -> Option<&mut Block> {
    kept.iter_mut().find(|block| block.start == start)
}

/// Keeps to the bounds; the block that was used last always stays.
fn trim(kept: &mut VecDeque<Block>) {
    let mut bytes: usize = kept.iter().map(Block::bytes).sum();
    while kept.len() > 1 && (kept.len() > MOST_BLOCKS || bytes > MOST_BYTES) {
        bytes -= kept.pop_front().map_or(0, |block| block.bytes());
    }
}

/// Where the block begins that holds the event after a position.
fn start_of(after: Position) -> Position {
    Position(after.0 - after.0.rem_euclid(i64::from(BLOCK)))
}

/// The last position of the block that begins at `start`.
fn limit_of(start: Position) -> Position {
    Position(start.0 + i64::from(BLOCK))
}

#[cfg(test)]
mod tests {
    use entity::{EventKind, OrganizationId};
    use uuid::Uuid;

    use super::*;
    use crate::domain::event_log::{Event, NewEvent};

    fn events(positions: std::ops::RangeInclusive<i64>) -> Vec<Arc<Occurrence>> {
        let event = |position| Event {
            organization: OrganizationId(Uuid::nil()),
            position: Position(position),
            at: chrono::DateTime::UNIX_EPOCH,
            what: NewEvent::new(EventKind::SettingsChanged),
        };
        Occurrence::page(positions.map(event).collect())
    }

    fn found(blocks: &Blocks, after: i64, head: i64) -> Option<(Vec<i64>, bool)> {
        let stretch = blocks.find(Position(after), Position(head))?;
        let positions = stretch.occurrences.iter().map(|o| o.event.position.0);
        Some((positions.collect(), stretch.is_last))
    }

    #[test]
    fn a_block_is_shared_by_all_positions_in_it() {
        let blocks = Blocks::default();
        blocks.add(Position(128), &events(129..=256), Position(130));
        assert_eq!(found(&blocks, 253, 900), Some((vec![254, 255, 256], false)));
        assert_eq!(found(&blocks, 128, 900).unwrap().0.len(), 128);
        assert_eq!(found(&blocks, 256, 900), None);
        assert_eq!(found(&blocks, 127, 900), None);
    }

    #[test]
    fn a_block_at_the_end_grows_with_what_is_handed_out() {
        let blocks = Blocks::default();
        blocks.add(Position(0), &events(1..=3), Position(0));
        assert_eq!(found(&blocks, 1, 3), Some((vec![2, 3], true)));
        assert_eq!(found(&blocks, 1, 5), None, "it does not reach the head");
        for occurrence in events(4..=5).iter().chain(&events(5..=5)) {
            blocks.append(occurrence);
        }
        assert_eq!(found(&blocks, 3, 5), Some((vec![4, 5], true)));
        blocks.append(&events(7..=7)[0]);
        assert_eq!(found(&blocks, 3, 5), Some((vec![4, 5], true)), "no gaps");
    }

    #[test]
    fn what_nobody_asks_for_is_dropped_and_so_is_what_is_too_much() {
        let blocks = Blocks::default();
        for number in 0..=MOST_BLOCKS as i64 {
            let start = number * i64::from(BLOCK);
            blocks.add(
                Position(start),
                &events(start + 1..=start + 128),
                Position(start),
            );
        }
        assert_eq!(found(&blocks, 0, 0), None);
        for _ in 0..IDLE_LOOKS {
            blocks.age();
        }
        assert!(found(&blocks, 128, 0).is_some());
        blocks.age();
        assert_eq!(blocks.kept().len(), 1);
    }
}
