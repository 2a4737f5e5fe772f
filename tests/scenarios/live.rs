//! What is live: exactly once and in order, for clients that are cut, slow, late or not let in any more.

mod access;
mod cut;
pub mod follower;
mod resume;
mod slow;
pub mod ward;
pub mod writer;
