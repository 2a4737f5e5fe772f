//! Texts (SMS): how they travel. What they mean is told in [`texting`](super::texting).
//!
//! A text that goes out is a row of its own, stored in the transaction that causes it, and its own place in the outbox. A
//! text that comes in is stored before the gateway is answered, and has its effect in a transaction of its own, exactly
//! once, in the order in which its sender's texts came.

pub mod inbound;
pub mod outbound;
pub mod segments;
pub mod state;

pub use segments::{TextLength, measure};
