//! Texting with patients: what texts mean. How they travel is told in [`texts`](super::texts).

pub mod blocks;
pub mod inbound;
