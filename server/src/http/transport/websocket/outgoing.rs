//! The writing half of a connection, with the frames that wait for it.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use axum::extract::ws::{Message, WebSocket};
use futures_util::{Sink, stream::SplitSink};
use tokio::time::Instant;

/// Frames that may wait before subscriptions are asked for nothing more.
const WAITING_FRAMES: usize = 32;

/// Frames that may wait before nothing more is read. Well above the other bound, so that a client
/// which does not read is still heard, but not for ever when all that it sends wants an answer.
const MOST_FRAMES: usize = 128;

/// Bytes of frames that may wait before subscriptions are asked for nothing more: a few long answers are as much as many
/// short ones.
const WAITING_BYTES: usize = 1024 * 1024;

/// Bytes of frames that may wait before nothing more is read.
const MOST_BYTES: usize = 8 * WAITING_BYTES;

/// The socket does not take frames any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// Frames go in without waiting; [`Outgoing::poll_drive`] writes all that wait and flushes once.
pub(super) struct Outgoing {
    sink: SplitSink<WebSocket, Message>,
    waiting: VecDeque<Message>,
    waiting_bytes: usize,
    flushed: bool,
    progress: Instant,
}

impl Outgoing {
    pub(super) fn new(sink: SplitSink<WebSocket, Message>) -> Self {
        Self {
            sink,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            flushed: true,
            progress: Instant::now(),
        }
    }

    /// Queues a frame.
    pub(super) fn push(&mut self, frame: Message) {
        if self.is_idle() {
            self.progress = Instant::now();
        }
        self.waiting_bytes += length(&frame);
        self.waiting.push_back(frame);
    }

    /// Drops what waits, for a peer that has no access any more.
    pub(super) fn discard(&mut self) {
        self.waiting.clear();
        self.waiting_bytes = 0;
    }

    /// Whether the client may send what has to be answered.
    pub(super) fn has_room_for_replies(&self) -> bool {
        self.waiting.len() < MOST_FRAMES && self.waiting_bytes < MOST_BYTES
    }

    /// Whether frames may be added that can as well be made later.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < WAITING_FRAMES && self.waiting_bytes < WAITING_BYTES
    }

    /// Whether all frames have left.
    pub(super) fn is_idle(&self) -> bool {
        self.flushed && self.waiting.is_empty()
    }

    /// Since when the peer takes nothing, if something waits for it.
    pub(super) fn stuck_since(&self) -> Option<Instant> {
        (!self.is_idle()).then_some(self.progress)
    }

    /// Writes until all is flushed, or until there is room again where there was none.
    pub(super) fn poll_drive(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let was_full = !self.has_room();
        while !self.waiting.is_empty() {
            match self.sink_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Broken)),
                Poll::Pending if was_full && self.has_room() => return Poll::Ready(Ok(())),
                Poll::Pending => return Poll::Pending,
            }
            if let Some(frame) = self.waiting.pop_front() {
                self.waiting_bytes -= length(&frame);
                self.flushed = false;
                self.progress = Instant::now();
                self.sink_mut().start_send(frame).map_err(|_| Broken)?;
            }
        }
        if self.waiting.capacity() > WAITING_FRAMES {
            self.waiting.shrink_to(0);
        }
        match self.sink_mut().poll_flush(cx) {
            Poll::Ready(Ok(())) => {
                self.flushed = true;
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(_)) => Poll::Ready(Err(Broken)),
            Poll::Pending if was_full => Poll::Ready(Ok(())),
            Poll::Pending => Poll::Pending,
        }
    }

    fn sink_mut(&mut self) -> Pin<&mut SplitSink<WebSocket, Message>> {
        Pin::new(&mut self.sink)
    }
}

fn length(frame: &Message) -> usize {
    match frame {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        // It is the last one, and short.
        Message::Close(_) => 0,
    }
}
