//! What is live: exactly once and in order, for clients that are cut, slow, late or not let in any more.

pub mod access;
mod behind;
mod counts;
mod cut;
pub mod follower;
mod once;
mod resume;
pub mod signals;
mod slow;
mod stream;
mod together;
pub mod ward;
pub mod writer;
