//! Parts of the log that were read for those who came back, shared by all of them.
//!
//! After a deploy every client comes back at once, each from a position of its own. The log is therefore read in blocks
//! that begin at fixed positions, one reading at a time for an organization and a few at a time for the node, and a block
//! is kept as long as somebody keeps asking for it, within what a node may keep. So what it costs to catch everybody up is
//! the number of blocks since the earliest of their positions, each read once and its content loaded once, and not that
//! for each of them. Whoever comes back alone pays with at most 127 events too many.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use entity::OrganizationId;
use tokio_util::task::AbortOnDropHandle;

use super::{Realtime, batch::Entry, organization::Organization, standing::Desk};
use crate::domain::{
    event_log::{self, Position},
    fault::Fault,
};

/// How many positions a block spans.
pub(super) const BLOCK: u32 = 128;
/// The most that the blocks of all organizations may hold together: beyond it the ones that were not used for longest are
/// dropped.
const MOST_BYTES: usize = 32 << 20;
/// After how many looks at the heads of the logs a block that nobody has asked for is dropped.
const IDLE_LOOKS: u32 = 10;

/// The blocks that a node keeps.
pub(super) struct Blocks {
    kept: Mutex<Kept>,
    most_bytes: usize,
}

#[derive(Default)]
struct Kept {
    blocks: HashMap<(OrganizationId, Position), Block>,
    /// How often blocks were used: the one with the smallest number was not used for longest.
    uses: u64,
    bytes: usize,
}

/// The events after `start`, as far as they are known and at most [`BLOCK`] of them.
struct Block {
    start: Position,
    entries: Vec<Entry>,
    /// Where it is asked how their conversations stand.
    desk: Arc<Desk>,
    used: u64,
    idle: u32,
    /// What it was found to hold when it was weighed last.
    bytes: usize,
}

/// What follows a position.
pub(super) struct Stretch {
    /// The events, in order.
    pub(super) entries: Vec<Entry>,
    /// Whether whatever comes after them was not handed out yet when they were looked up.
    pub(super) is_last: bool,
    /// Where it is asked how their conversations stand.
    pub(super) desk: Arc<Desk>,
}

impl Block {
    fn new(start: Position) -> Self {
        Self {
            start,
            entries: Vec::new(),
            desk: Arc::default(),
            used: 0,
            idle: 0,
            bytes: 0,
        }
    }

    fn end(&self) -> Position {
        self.entries
            .last()
            .map_or(self.start, |last| last.event.position)
    }

    fn is_full(&self) -> bool {
        self.end() == limit_of(self.start)
    }

    fn push(&mut self, entry: Entry) {
        self.desk.include(entry.event.what.conversation);
        self.entries.push(entry);
    }

    fn weigh(&self) -> usize {
        self.entries.iter().map(Entry::bytes).sum::<usize>() + self.desk.bytes()
    }

    fn stretch(&self, after: Position) -> Stretch {
        let later = |entry: &&Entry| entry.event.position > after;
        Stretch {
            entries: self.entries.iter().filter(later).cloned().collect(),
            is_last: !self.is_full(),
            desk: Arc::clone(&self.desk),
        }
    }
}

impl Realtime {
    /// What follows a position in an organization's log, up to the end of its block. Two statements, unless it is kept.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) async fn stretch(
        &self,
        organization: &Arc<Organization>,
        after: Position,
    ) -> Result<Stretch, Fault> {
        if let Some(found) = organization.kept(after) {
            // Whoever goes a long way through what is kept never waits for anything, and so lets others go first.
            tokio::task::yield_now().await;
            return Ok(found);
        }
        // A task of its own: a subscriber who is not asked to go on must not keep the others waiting. It ends with the
        // subscriber, so that coming and going does not pile up readings for nobody.
        let reading = read(self.clone(), Arc::clone(organization), after);
        let read = AbortOnDropHandle::new(self.0.tasks.spawn(reading)).await;
        read.unwrap_or(Err(Fault::Stopping))
    }
}

/// Reads a block, when nobody else reads this log and when it is the node's turn. Its messages are read with it, so that
/// it is known what it holds.
async fn read(
    realtime: Realtime,
    organization: Arc<Organization>,
    after: Position,
) -> Result<Stretch, Fault> {
    let Organization { blocks, id, .. } = &*organization;
    let _alone = organization.reading.lock().await;
    if let Some(found) = organization.kept(after) {
        return Ok(found);
    }
    let turn = realtime.0.catch_ups.acquire().await;
    let _turn = turn.map_err(|_| Fault::Stopping)?;
    let core = &realtime.0.core;
    let start = start_of(after);
    // Held on to while the rest is read: the block may be dropped meanwhile.
    let mut entries = blocks.known(*id, start);
    let known = entries.last().map_or(start, |last| last.event.position);
    let wanted = BLOCK.saturating_sub(u32::try_from(known.0 - start.0).unwrap_or(BLOCK));
    let mut events = event_log::read_page(core, *id, known, wanted).await?;
    let is_last = events.len() < wanted as usize;
    // Where the beginning of the block was pruned, what was read reaches into the next one.
    events.retain(|event| event.position <= limit_of(start));
    let new = Entry::page(events);
    if let Some(first) = new.first() {
        first.load(core).await?;
    }
    entries.extend(new);
    let stretch = blocks.add(*id, start, &entries, after);
    Ok(Stretch { is_last, ..stretch })
}

impl Default for Blocks {
    fn default() -> Self {
        Self::holding(MOST_BYTES)
    }
}

impl Blocks {
    fn holding(most_bytes: usize) -> Self {
        Self {
            kept: Mutex::default(),
            most_bytes,
        }
    }

    /// Adds an event that is being handed out to the block that it follows on, if that is kept. So a block at the end of
    /// the log is not read again for each event that is added meanwhile.
    pub(super) fn append(&self, entry: Entry) {
        let before = Position(entry.event.position.0 - 1);
        let mut kept = self.kept();
        let key = (entry.event.organization, start_of(before));
        if let Some(block) = kept.blocks.get_mut(&key)
            && block.end() == before
        {
            let bytes = entry.bytes();
            block.push(entry);
            block.bytes += bytes;
            kept.bytes += bytes;
        }
    }

    /// Drops what nobody has asked for lately, and what is too much with the messages that were loaded meanwhile.
    pub(super) fn age(&self) {
        let mut kept = self.kept();
        kept.blocks.retain(|_, block| {
            block.idle += 1;
            block.bytes = block.weigh();
            block.idle <= IDLE_LOOKS
        });
        kept.bytes = kept.blocks.values().map(|block| block.bytes).sum();
        kept.trim(self.most_bytes);
    }

    /// What is kept, if it reaches as far as it can: to its own end, or to that of what was handed out or is being handed
    /// out.
    pub(super) fn find(
        &self,
        of: OrganizationId,
        after: Position,
        reached: Position,
    ) -> Option<Stretch> {
        let mut kept = self.kept();
        kept.uses += 1;
        let uses = kept.uses;
        let block = kept.blocks.get_mut(&(of, start_of(after)))?;
        if !block.is_full() && block.end() < reached {
            return None;
        }
        (block.used, block.idle) = (uses, 0);
        Some(block.stretch(after))
    }

    /// What is kept of a block.
    fn known(&self, of: OrganizationId, start: Position) -> Vec<Entry> {
        let kept = self.kept();
        let block = kept.blocks.get(&(of, start));
        block.map_or_else(Vec::new, |block| block.entries.clone())
    }

    /// Keeps what was read of a block from its beginning on, with what was appended meanwhile.
    pub(super) fn add(
        &self,
        of: OrganizationId,
        start: Position,
        read: &[Entry],
        after: Position,
    ) -> Stretch {
        let mut kept = self.kept();
        kept.uses += 1;
        let mut block = kept
            .remove((of, start))
            .unwrap_or_else(|| Block::new(start));
        let end = block.end();
        let new = read.iter().filter(|entry| entry.event.position > end);
        new.for_each(|entry| block.push(entry.clone()));
        (block.used, block.idle) = (kept.uses, 0);
        block.bytes = block.weigh();
        kept.bytes += block.bytes;
        let stretch = block.stretch(after);
        kept.blocks.insert((of, start), block);
        kept.trim(self.most_bytes);
        stretch
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn remove(&mut self, key: (OrganizationId, Position)) -> Option<Block> {
        let block = self.blocks.remove(&key)?;
        self.bytes -= block.bytes;
        Some(block)
    }

    /// Keeps to the bound; the block that was used last always stays.
    fn trim(&mut self, most_bytes: usize) {
        while self.bytes > most_bytes && self.blocks.len() > 1 {
            let oldest = self.blocks.iter().min_by_key(|(_, block)| block.used);
            let Some(key) = oldest.map(|(key, _)| *key) else {
                return;
            };
            self.remove(key);
        }
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
mod tests;
