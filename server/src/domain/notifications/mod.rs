//! What must be told to whom by e-mail or text: stored in the transaction that causes it (NOT-3), ids only.

mod enqueue;

pub(crate) use enqueue::{Cause, enqueue_for_messages};
