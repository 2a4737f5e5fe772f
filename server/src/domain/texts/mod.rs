//! Texts (SMS): how they travel. What they mean is told in [`texting`](super::texting).
//!
//! A text that goes out is a row of its own, stored in the transaction that causes it, and its own place in the outbox. A
//! text that comes in is stored before the gateway is answered, and has its effect in a transaction of its own, exactly
//! once, in the order in which its sender's texts came.

mod allowed;
pub mod apply;
pub mod arrival;
pub mod codes;
pub mod development;
mod forget;
mod gateway_input;
pub mod gateways;
pub mod inbound;
pub mod network_number;
pub mod outbound;
pub mod outbox;
pub mod quarantine;
mod read;
mod remarks;
pub mod segments;
pub mod settle;
pub mod signature;
pub mod state;
mod told;
mod turn;
mod verdict;

pub use allowed::AllowedGateways;
pub use forget::forget_numbers;
pub use read::{explanation, texts_of};
pub use segments::{TextLength, measure};
