//! The outbox, from the message to the mail server, with a clock that stands still and a worker that runs when told.

mod acts;
mod batches;
mod clinic;
mod failing;
mod gone;
mod links;
mod mail;
mod page;
mod patients;
mod staff;
mod wording;
mod workers;
