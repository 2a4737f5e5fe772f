//! What must be told to whom by e-mail or text: stored in the transaction that causes it (NOT-3), ids only.
//!
//! A notification goes through the outbox in two steps. *Addressing* finds out whom it is for and how it reaches them; a
//! notification that stands for a patient's whole panel becomes one for each staff member there. *Sending* reads
//! everything fresh, skips what is not needed any more, and puts a clinic's name and a link or code into words. Both take
//! what was claimed together and cost the same statements and commits for one and for many.

mod address;
mod batch;
mod case_numbers;
mod dead_letters;
mod development_outbox;
mod enqueue;
mod facts;
mod fan_out;
mod hand_on;
mod need;
mod of_cases;
mod outbox;
mod outgoing;
mod prepare;
mod recipient;
mod schedule;
mod settle;
mod take_back;
pub mod templates;
mod unsent;

pub use address::address;
pub use batch::{Batch, Failed};
pub use dead_letters::{Addressee, DeadLetter, dead_letters, retry_dead_letter};
pub(crate) use development_outbox::{Kept, keep_all};
pub use development_outbox::{demo_outbox, development_outbox, keep, sweep_development_outbox};
pub(crate) use enqueue::{Cause, enqueue_for_messages};
pub use hand_on::hand_on;
pub use outbox::{Claimed, LEASE, Lane, claim, sweep};
pub use outgoing::{Address, LinkBase, Outgoing, Prepared};
pub use prepare::prepare;
pub use recipient::patient_channel;
pub use schedule::jittered;
pub use settle::{Outcome, Settled, Skip, settle};
pub(crate) use take_back::take_back;
pub(in crate::domain) use unsent::{Unsent, administrators};
